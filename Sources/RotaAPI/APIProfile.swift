import RotaHTTP
import RotaProfiles
public import RotaStore

/// Whose HTTP API a ``SchedulerAPI`` speaks.
///
/// ```swift
/// for profile in APIProfile.allCases { print(profile, profile.basePath) }
/// // TrigRun /v1
/// // Krafter /api/v1
/// // Infrai /v1/cron
/// // Strait /v1
/// ```
public struct APIProfile: Sendable, CustomStringConvertible {
    /// Where Strait's lists end up.
    public enum ListForm: Sendable, Hashable {
        /// A bare array; the next page is in the header `Link` (RFC 8288) and `X-Next-Cursor`.
        case bare
        /// `{"data": […], "next_cursor": …, "has_more": …}`, as Strait answers later.
        case enveloped
    }

    let format: any APIFormat

    /// TrigRun's API.
    public static let trigrun = APIProfile(format: TrigRunFormat())
    /// Krafter's API, without a channel for `failure_notify`.
    public static let krafter = APIProfile(format: KrafterFormat())
    /// Infrai's API.
    public static let infrai = APIProfile(format: InfraiFormat())
    /// Strait's API, with bare lists.
    public static let strait = APIProfile.strait(lists: .bare)

    /// Krafter's API, which tells of the failures of jobs with `failure_notify`.
    ///
    /// Without a channel, `"failure_notify": true` is refused.
    ///
    /// - Parameter channel: Where to tell of them: a handler of the app, or a webhook.
    public static func krafter(notifying channel: NotificationRule.Channel) -> APIProfile {
        APIProfile(format: KrafterFormat(channel: channel))
    }

    /// Strait's API.
    ///
    /// - Parameter lists: The form of lists.
    public static func strait(lists: ListForm) -> APIProfile {
        APIProfile(format: StraitFormat(envelopesLists: lists == .enveloped))
    }

    /// Every profile.
    public static let allCases: [APIProfile] = [.trigrun, .krafter, .infrai, .strait]

    /// Creates the profile of a service, or `nil` if the name is unknown.
    ///
    /// - Parameter name: The service's name, in any case.
    public init?(named name: String) {
        guard let profile = Self.allCases.first(where: { $0.description.lowercased() == name.lowercased() }) else {
            return nil
        }
        self = profile
    }

    init(format: some APIFormat) {
        self.format = format
    }

    /// The path before the service's routes, such as `/v1`.
    public var basePath: String { format.basePath }

    /// The service's name, such as `TrigRun`.
    public var description: String { format.service.description }
}
