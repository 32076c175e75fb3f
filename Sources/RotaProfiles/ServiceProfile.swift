/// A hosted scheduling service whose words, presets and spellings Rota understands.
///
/// The engine knows none of them. A profile translates at the edge of a program, and nothing it says is stored:
///
/// ```swift
/// let profile = ServiceProfile.krafter
/// print(profile.name(of: execution, at: Date()) ?? "not shown")  // "success" or "failed"
/// ```
public struct ServiceProfile: Sendable, Hashable, CustomStringConvertible {
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

    /// The service's name.
    public var description: String { service.rawValue }
}
