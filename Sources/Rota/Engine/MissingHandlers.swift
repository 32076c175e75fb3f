import Foundation

/// Decides when to tell of a handler that is not registered.
///
/// All executions that need one are claimed and released together, again and again, and there may be thousands.
struct MissingHandlers {
    private var toldAt: [String: Date] = [:]

    /// How long a handler is not told of again.
    private static let gap: TimeInterval = 30

    /// Whether a handler is to be told of now, which is remembered.
    mutating func isNews(_ name: String, at now: Date) -> Bool {
        if let told = toldAt[name], told <= now, now < told.addingTimeInterval(Self.gap) { return false }
        toldAt = toldAt.filter { now < $0.value.addingTimeInterval(Self.gap) }
        toldAt[name] = now
        return true
    }
}
