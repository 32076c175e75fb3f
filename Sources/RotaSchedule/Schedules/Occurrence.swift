public import Foundation
import RotaCore

/// One date of a schedule: when it is due by the rules, and when it is meant to start.
///
/// ```swift
/// let schedule = try Schedule.cron("0 9 * * *").smoothed(over: .seconds(600), key: "report")
/// if let occurrence = schedule.nextOccurrence(after: .now) {
///     print(occurrence.nominal)    // the next 09:00:00
///     print(occurrence.effective)  // up to 10 minutes later, always the same for "report"
/// }
/// ```
public struct Occurrence: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The date that the schedule gives, which identifies the occurrence.
    public var nominal: Date
    /// The date to start at: `nominal`, or later within the smoothing window.
    public var effective: Date

    /// Creates an occurrence.
    ///
    /// - Parameters:
    ///   - nominal: The date that the schedule gives.
    ///   - effective: The date to start at. The default is `nominal`.
    public init(nominal: Date, effective: Date? = nil) {
        self.nominal = nominal
        self.effective = effective ?? nominal
    }

    /// The nominal date and, if different, the effective one.
    public var description: String {
        ISO8601.description(nominal)
            + (effective == nominal ? "" : " (starts at \(ISO8601.description(effective)))")
    }
}

/// One occurrence of a schedule's preview, with notes on how it was moved.
///
/// ```swift
/// let schedule = try Schedule.cron("30 2 * * *", in: "America/New_York")
/// let march7 = Date(timeIntervalSince1970: 1_772_874_000)  // 2026-03-07T09:00:00Z
/// for occurrence in schedule.preview(from: march7, count: 2) { print(occurrence) }
/// // 2026-03-08T07:00:00Z; 02:30:00 does not exist on 2026-03-08; fires at 03:00:00
/// // 2026-03-09T06:30:00Z
/// ```
public struct PreviewedOccurrence: Sendable, Hashable, CustomStringConvertible {
    /// A note on how an occurrence was moved.
    public struct Note: Sendable, Hashable, CustomStringConvertible {
        /// The kind of note.
        ///
        /// More kinds may be added.
        public struct Code: Sendable, Hashable, CustomStringConvertible {
            private enum Kind: String {
                case shiftedByGap, firstOfTwo, secondOfTwo, movedToBusinessDay, smoothed
            }

            private let kind: Kind

            /// Its wall-clock time does not exist on that day, so it fires later.
            public static let shiftedByGap = Code(kind: .shiftedByGap)
            /// Its wall-clock time occurs twice, and this is the first time.
            public static let firstOfTwo = Code(kind: .firstOfTwo)
            /// Its wall-clock time occurs twice, and this is the second time.
            public static let secondOfTwo = Code(kind: .secondOfTwo)
            /// It was moved from a day that is not a business day.
            public static let movedToBusinessDay = Code(kind: .movedToBusinessDay)
            /// It starts later than its nominal date, to spread the load.
            public static let smoothed = Code(kind: .smoothed)

            /// The code's name, such as `firstOfTwo`.
            public var description: String { kind.rawValue }
        }

        /// The kind of note.
        public let code: Code
        /// A description for people, such as `02:30:00 does not exist on 2026-03-08`.
        public let message: String

        /// The message.
        public var description: String { message }
    }

    /// The occurrence, with its nominal and effective dates.
    public let occurrence: Occurrence
    /// Notes on how the occurrence was moved.
    ///
    /// Usually empty.
    public let notes: [Note]

    /// The nominal date and the notes.
    public var description: String {
        let date = ISO8601.description(occurrence.nominal)
        return ([date] + notes.map(\.message)).joined(separator: "; ")
    }
}
