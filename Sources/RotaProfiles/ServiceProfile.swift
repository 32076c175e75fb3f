/// A hosted scheduling service whose words, presets, limits and JSON Rota understands.
///
/// The engine knows none of these services. A profile translates at the edge of a program, such as an HTTP API that
/// keeps the service's format. Nothing that a profile writes is ever stored.
///
/// ```swift
/// let profile = ServiceProfile.krafter
/// print(profile.name(of: execution, at: Date()) ?? "not shown")  // "success" or "failed"
///
/// let policy = try profile.retryPolicy(from: Data(#"{"max_retries": 2}"#.utf8))
/// print(policy.maxAttempts)  // 3
/// ```
public struct ServiceProfile: Sendable, Hashable, CaseIterable {
    enum Service: String, Sendable, Hashable {
        case trigrun = "TrigRun"
        case krafter = "Krafter"
        case infrai = "Infrai"
        case strait = "Strait"
    }

    let service: Service

    /// TrigRun.
    public static let trigrun = ServiceProfile(service: .trigrun)
    /// Krafter.
    public static let krafter = ServiceProfile(service: .krafter)
    /// Infrai.
    public static let infrai = ServiceProfile(service: .infrai)
    /// Strait.
    public static let strait = ServiceProfile(service: .strait)

    /// Every profile.
    public static let allCases: [ServiceProfile] = [.trigrun, .krafter, .infrai, .strait]

    private init(service: Service) {
        self.service = service
    }

    /// Creates the profile of a service, or `nil` if the name is unknown.
    ///
    /// - Parameter name: The service's name, in any case.
    public init?(named name: String) {
        guard let profile = Self.allCases.first(where: { $0.description.lowercased() == name.lowercased() }) else {
            return nil
        }
        self = profile
    }
}

extension ServiceProfile: CustomStringConvertible {
    /// The service's name, such as `TrigRun`.
    public var description: String { service.rawValue }
}
