import Foundation

/// How many attempts of the last stretch of time failed, counted in tenths of that stretch.
struct FailureWindow: Codable, Hashable, Sendable {
    private struct Slice: Codable, Hashable {
        var index: Int64
        var attempts: Int
        var failures: Int
    }

    private static let slices: Int64 = 10

    /// Oldest first, at most ten.
    private var recent: [Slice] = []

    var attempts: Int { recent.reduce(0) { $0 &+ $1.attempts } }
    var failures: Int { recent.reduce(0) { $0 &+ $1.failures } }

    /// Counts an attempt and forgets those that are too old.
    ///
    /// - Parameters:
    ///   - failed: Whether it failed.
    ///   - window: How far back attempts count.
    mutating func count(failed: Bool, at now: Date, window: Duration) {
        let width = max(1, Double(Nanoseconds.from(window))) / 1e9 / Double(Self.slices)
        let position = (now.timeIntervalSince1970 / width).rounded(.down)
        // No clock shows what does not fit; such an instant shares slice zero.
        var index = Int64(exactly: position) ?? 0
        // A task that read the clock just before a slice's edge, and came second, counts in the newer slice.
        if let newest = recent.last?.index, newest > .min, newest - 1 == index { index = newest }
        let (ninthBefore, overflow) = index.subtractingReportingOverflow(Self.slices - 1)
        // Slices ahead of now are from before the clock was set back, and nobody knows how old they are.
        recent.removeAll { $0.index > index || $0.index < (overflow ? .min : ninthBefore) }
        if recent.last?.index != index { recent.append(Slice(index: index, attempts: 0, failures: 0)) }
        recent[recent.count - 1].attempts &+= 1
        recent[recent.count - 1].failures &+= failed ? 1 : 0
    }
}
