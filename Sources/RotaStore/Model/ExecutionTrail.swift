public import Foundation
import RotaCore

/// The decisions about an execution, in order: what held it and for how long, who claimed it, what chose its delays.
///
/// Only executions that were requested with one, and their replays, have it. It keeps the first and the last 50
/// decisions.
///
/// ```swift
/// for line in execution.trail?.lines ?? [] { print(line) }
/// // 2026-03-08T10:00:00Z held for 30 s: the limit of 4 executions at a time is reached
/// // 2026-03-08T10:00:30Z claimed: attempt 1, by scheduler "a"
/// ```
public struct ExecutionTrail: Sendable, Hashable {
    /// One decision about an execution.
    public struct Decision: Sendable, Hashable, Codable {
        /// The outcome of a decision.
        ///
        /// Kinds written by a newer version are preserved.
        public struct Kind: RawRepresentable, Sendable, Hashable, Codable {
            /// The stored name.
            public let rawValue: String

            /// Creates a kind from its stored name.
            public init(rawValue: String) {
                self.rawValue = rawValue
            }

            /// Limits, dependencies or dates kept it from starting.
            public static let held = Kind(rawValue: "held")
            /// Nothing kept it from starting any more: it waited for a free worker.
            public static let ready = Kind(rawValue: "ready")
            /// A scheduler took it, to make an attempt.
            public static let claimed = Kind(rawValue: "claimed")
            /// The attempt failed, and another one was planned.
            public static let retried = Kind(rawValue: "retried")
            /// The attempt was not made, or it was interrupted and does not count.
            public static let released = Kind(rawValue: "released")
            /// The attempt ended, and an external completion is awaited.
            public static let waiting = Kind(rawValue: "waiting")
            /// The attempt failed, and no other one follows.
            public static let stopped = Kind(rawValue: "stopped")
        }

        /// When it was decided.
        public let date: Date
        /// The outcome.
        public let kind: Kind
        /// The decision and its reason in words.
        public let detail: String
        /// The names of the holds, such as `concurrency`; empty for other kinds.
        ///
        /// See ``ExecutionHold/name``.
        public let holds: [String]

        package init(at date: Date, _ kind: Kind, _ detail: String, holds: [String] = []) {
            (self.date, self.kind, self.detail, self.holds) = (date, kind, detail, holds)
        }
    }

    /// The largest number of decisions that are kept.
    public static let maximumCount = 100

    /// The decisions that are kept, oldest first.
    public private(set) var decisions: [Decision] = []
    /// The number of decisions that were dropped from the middle.
    public private(set) var omitted = 0

    /// Creates a trail without decisions.
    package init() {}

    /// Adds a decision.
    package mutating func append(_ decision: Decision) {
        decisions.append(decision)
        guard decisions.count > Self.maximumCount else { return }
        decisions.remove(at: Self.maximumCount / 2)
        omitted += 1
    }

    /// The decisions in plain English, a line each.
    ///
    /// A line about holds tells how long they lasted, if another decision follows.
    public var lines: [String] {
        var lines: [String] = []
        for (index, decision) in decisions.enumerated() {
            if index == Self.maximumCount / 2, omitted > 0 {
                lines.append("… \(omitted) more decision\(omitted == 1 ? "" : "s") …")
            }
            let isBeforeGap = index + 1 == Self.maximumCount / 2 && omitted > 0
            let end = index + 1 < decisions.count && !isBeforeGap ? decisions[index + 1].date : nil
            let length = end.map { max(.zero, $0.elapsed(since: decision.date)) }
            let span = decision.kind == .held ? length.map { " for \($0.text)" } : nil
            let date = ISO8601.description(decision.date)
            lines.append("\(date) \(decision.kind.rawValue)\(span ?? ""): \(decision.detail)")
        }
        return lines
    }
}

extension ExecutionTrail: Codable {
    private enum CodingKeys: String, CodingKey {
        case decisions, omitted
    }

    /// Decodes a trail.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        decisions = try container.decode([Decision].self, forKey: .decisions)
        omitted = try container.decodeIfPresent(Int.self, forKey: .omitted) ?? 0
    }

    /// Encodes the decisions, and how many were dropped if any were.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(decisions, forKey: .decisions)
        if omitted > 0 { try container.encode(omitted, forKey: .omitted) }
    }
}
