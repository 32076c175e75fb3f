/// What a crash in the middle of an attempt means for it.
public enum DeliveryGuarantee: String, Sendable, Hashable, Codable {
    /// The attempt counts as crashed and is made again if the retry policy allows: the work may be done twice; the default.
    case atLeastOnce = "at_least_once"
    /// The execution fails, for nobody knows whether its work was done: it is never done twice by a crash.
    case atMostOnce = "at_most_once"
}
