/// A hosted scheduling service whose words, defaults and limits Rota can speak.
///
/// The engine knows none of them: a profile translates at the edge, and nothing it says is stored.
public struct ServiceProfile: Sendable, Hashable {
    enum Service: Sendable, Hashable {
        case trigrun, krafter, infrai, strait
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
}
