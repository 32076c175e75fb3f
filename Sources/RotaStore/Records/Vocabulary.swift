/// The words of a scheduling service for how runs stand, what caused them, and how they ended (C-7 to C-11).
///
/// Rota's records have one set of words. Whoever answers in another one's translates at the edge:
/// ``ExecutionStatus/name(in:failure:isDelayed:)``, ``Execution/statusName(in:at:)`` and ``ExecutionSource/name(in:)``.
public struct Vocabulary: Sendable, Hashable {
    enum Service: Sendable, Hashable, CaseIterable {
        case trigrun, krafter, infrai, strait
    }

    let service: Service

    /// TrigRun's words: five statuses, and the names of sources that Rota uses itself (T-71 to T-75, T-111 to T-114).
    public static let trigrun = Vocabulary(service: .trigrun)
    /// Krafter's words: “success” and “failed”, for runs that are over alone (K-16, K-23, KX-6).
    public static let krafter = Vocabulary(service: .krafter)
    /// Infrai's words, which it does not list (I-36): Rota's own.
    public static let infrai = Vocabulary(service: .infrai)
    /// Strait's words, which tell timeouts and crashes from other failures (S-54, S-60, S-115, SX-1, SX-2).
    public static let strait = Vocabulary(service: .strait)
}
