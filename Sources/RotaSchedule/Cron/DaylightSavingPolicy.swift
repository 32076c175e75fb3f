/// How to treat wall-clock times that a change of the zone's offset skips or repeats.
///
/// A *gap* is the stretch of wall-clock time that is skipped when clocks go forward. An *overlap* is the stretch that
/// occurs twice when they go back. The rules hold for every offset change, of any size and for any reason.
///
/// | setting | a matching time in a gap | a matching time in an overlap |
/// |---|---|---|
/// | ``automatic``, fixed expression | fires once, at the end of the gap | fires the first time only |
/// | ``automatic``, wildcard expression | does not fire | fires both times |
/// | ``missing(_:repeated:)`` | see ``MissingTime`` | see ``RepeatedTime`` |
///
/// An expression is *wildcard* if its minute or hour field starts with `*` or `?`. Every other expression is *fixed*.
/// This is the rule of Vixie cron as shipped by Debian, with two differences: see <doc:DaylightSaving>.
///
/// ```swift
/// // New York skips 02:00–03:00 on 8 March 2026. Fire at 03:30 (07:30 UTC), not at 03:00.
/// let shift = DaylightSavingPolicy.missing(.shift, repeated: .first)
/// let schedule = try Schedule.cron("30 2 * * *", in: "America/New_York", daylightSaving: shift)
/// let midnight = Date(timeIntervalSince1970: 1_772_946_000)
/// if let next = schedule.next(after: midnight) { print(next) }  // 2026-03-08 07:30:00 +0000
/// ```
public struct DaylightSavingPolicy: Sendable, Hashable, Codable {
    /// How to treat a wall-clock time that does not exist on a day.
    public struct MissingTime: Sendable, Hashable, Codable {
        enum Kind: String, Sendable, Hashable, Codable {
            case atGapEnd, skip, shift
        }

        let kind: Kind

        /// Fire once at the end of the gap, however many matching times the gap contains.
        public static let atGapEnd = MissingTime(kind: .atGapEnd)

        /// Do not fire.
        public static let skip = MissingTime(kind: .skip)

        /// Fire later by the length of the gap: 02:30 becomes 03:30 if an hour is skipped.
        public static let shift = MissingTime(kind: .shift)

        init(kind: Kind) {
            self.kind = kind
        }

        /// Decodes `atGapEnd`, `skip` or `shift`.
        public init(from decoder: any Decoder) throws {
            kind = try Kind(from: decoder)
        }

        /// Encodes `atGapEnd`, `skip` or `shift`.
        public func encode(to encoder: any Encoder) throws {
            try kind.encode(to: encoder)
        }
    }

    /// How to treat a wall-clock time that occurs twice.
    public struct RepeatedTime: Sendable, Hashable, Codable {
        enum Kind: String, Sendable, Hashable, Codable {
            case first, second, both
        }

        let kind: Kind

        /// Fire the first time only.
        public static let first = RepeatedTime(kind: .first)

        /// Fire the last time only.
        public static let second = RepeatedTime(kind: .second)

        /// Fire each time.
        public static let both = RepeatedTime(kind: .both)

        init(kind: Kind) {
            self.kind = kind
        }

        /// Decodes `first`, `second` or `both`.
        public init(from decoder: any Decoder) throws {
            kind = try Kind(from: decoder)
        }

        /// Encodes `first`, `second` or `both`.
        public func encode(to encoder: any Encoder) throws {
            try kind.encode(to: encoder)
        }
    }

    /// The treatment of skipped times, or `nil` if it depends on the expression.
    public let missing: MissingTime?

    /// The treatment of repeated times, or `nil` if it depends on the expression.
    public let repeated: RepeatedTime?

    /// The rule of Vixie cron as shipped by Debian, with two differences: see <doc:DaylightSaving>.
    ///
    /// It depends on whether the expression is fixed or wildcard.
    public static let automatic = DaylightSavingPolicy(missing: nil, repeated: nil)

    /// Returns a policy that treats fixed and wildcard expressions alike.
    ///
    /// - Parameters:
    ///   - missing: How to treat a time in a gap.
    ///   - repeated: How to treat a time in an overlap.
    public static func missing(_ missing: MissingTime, repeated: RepeatedTime) -> DaylightSavingPolicy {
        DaylightSavingPolicy(missing: missing, repeated: repeated)
    }

    private init(missing: MissingTime?, repeated: RepeatedTime?) {
        self.missing = missing
        self.repeated = repeated
    }
}
