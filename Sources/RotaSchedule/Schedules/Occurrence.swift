public import Foundation
import RotaCore

/// One instant of a schedule: when it is due by the rules, and when it is meant to start.
public struct Occurrence: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The instant the schedule names, which identifies the occurrence.
    public var nominal: Date
    /// The instant to start at: `nominal`, or up to the smoothing window later.
    public var effective: Date

    /// An occurrence.
    /// - Parameters:
    ///   - nominal: the instant the schedule names.
    ///   - effective: the instant to start at; `nominal` if left out.
    public init(nominal: Date, effective: Date? = nil) {
        self.nominal = nominal
        self.effective = effective ?? nominal
    }

    /// The nominal instant and, where it differs, the effective one.
    public var description: String {
        ISO8601.description(nominal)
            + (effective == nominal ? "" : " (starts at \(ISO8601.description(effective)))")
    }
}

/// One occurrence of a schedule's preview, with what happened to it.
public struct PreviewedOccurrence: Sendable, Hashable, CustomStringConvertible {
    /// Something that happened to an occurrence.
    public struct Note: Sendable, Hashable, CustomStringConvertible {
        /// The kind of note; more kinds may be added.
        public struct Code: Sendable, Hashable, CustomStringConvertible {
            private enum Kind: String {
                case shiftedByGap, firstOfTwo, secondOfTwo, movedToBusinessDay, smoothed
            }

            private let kind: Kind

            /// Its wall-clock time does not exist on that day; it runs later.
            public static let shiftedByGap = Code(kind: .shiftedByGap)
            /// Its wall-clock time occurs twice; this is the first.
            public static let firstOfTwo = Code(kind: .firstOfTwo)
            /// Its wall-clock time occurs twice; this is the second.
            public static let secondOfTwo = Code(kind: .secondOfTwo)
            /// Its day was no business day.
            public static let movedToBusinessDay = Code(kind: .movedToBusinessDay)
            /// It starts later than its nominal instant, to spread the load.
            public static let smoothed = Code(kind: .smoothed)

            /// The code's name, such as `firstOfTwo`.
            public var description: String { kind.rawValue }
        }

        /// What kind of note it is.
        public let code: Code
        /// What happened, for a person: `02:30:00 does not exist on 2026-03-08`.
        public let message: String

        /// The message.
        public var description: String { message }
    }

    /// The occurrence, with its nominal and its effective instant.
    public let occurrence: Occurrence
    /// What happened to it; empty for most.
    public let notes: [Note]

    /// The nominal instant, and the notes.
    public var description: String {
        let instant = ISO8601.description(occurrence.nominal)
        return ([instant] + notes.map(\.message)).joined(separator: "; ")
    }
}
