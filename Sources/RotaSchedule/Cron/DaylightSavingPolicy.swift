/// What becomes of a wall-clock time that a change of the zone's offset removes from the day, or repeats.
///
/// A *gap* is the wall-clock time that is skipped when clocks go forward; an *overlap* is the time that is read
/// twice when they go back. The rules hold for every change of offset, of any size and for any reason.
///
/// | setting | a matching time in a gap | a matching time in an overlap |
/// |---|---|---|
/// | ``automatic``, fixed expression | once, at the first instant after the gap | the first time only |
/// | ``automatic``, wildcard expression | nothing | both times |
/// | ``missing(_:repeated:)`` | as ``MissingTime`` says | as ``RepeatedTime`` says |
///
/// An expression is *wildcard* if the text of its minute or of its hour field starts with `*` (or `?`); every other
/// expression is *fixed*. This is the rule of Vixie cron as Debian ships it, applied to the instant alone.
public struct DaylightSavingPolicy: Sendable, Hashable, Codable {
    /// What becomes of a wall-clock time that does not exist on a day.
    public struct MissingTime: Sendable, Hashable, Codable {
        enum Kind: String, Sendable, Hashable, Codable {
            case atGapEnd, skip, shift
        }

        let kind: Kind

        /// Run once at the first instant after the gap, however many matching times the gap holds.
        public static let atGapEnd = MissingTime(kind: .atGapEnd)

        /// Do not run.
        public static let skip = MissingTime(kind: .skip)

        /// Run as much later as the gap is long: 02:30 becomes 03:30 when an hour is skipped.
        public static let shift = MissingTime(kind: .shift)

        init(kind: Kind) {
            self.kind = kind
        }

        /// Reads `atGapEnd`, `skip` or `shift`.
        public init(from decoder: any Decoder) throws {
            kind = try Kind(from: decoder)
        }

        /// Writes `atGapEnd`, `skip` or `shift`.
        public func encode(to encoder: any Encoder) throws {
            try kind.encode(to: encoder)
        }
    }

    /// What becomes of a wall-clock time that occurs twice.
    public struct RepeatedTime: Sendable, Hashable, Codable {
        enum Kind: String, Sendable, Hashable, Codable {
            case first, second, both
        }

        let kind: Kind

        /// Run the first time only.
        public static let first = RepeatedTime(kind: .first)

        /// Run the last time only.
        public static let second = RepeatedTime(kind: .second)

        /// Run each time.
        public static let both = RepeatedTime(kind: .both)

        init(kind: Kind) {
            self.kind = kind
        }

        /// Reads `first`, `second` or `both`.
        public init(from decoder: any Decoder) throws {
            kind = try Kind(from: decoder)
        }

        /// Writes `first`, `second` or `both`.
        public func encode(to encoder: any Encoder) throws {
            try kind.encode(to: encoder)
        }
    }

    /// The choice for missing times, or `nil` where the expression decides.
    public let missing: MissingTime?

    /// The choice for repeated times, or `nil` where the expression decides.
    public let repeated: RepeatedTime?

    /// The rule of Vixie cron as Debian ships it, which depends on whether the expression is fixed or wildcard.
    public static let automatic = DaylightSavingPolicy(missing: nil, repeated: nil)

    /// The same two choices for every expression, fixed or wildcard.
    /// - Parameters:
    ///   - missing: what becomes of a time in a gap.
    ///   - repeated: what becomes of a time in an overlap.
    public static func missing(_ missing: MissingTime, repeated: RepeatedTime) -> DaylightSavingPolicy {
        DaylightSavingPolicy(missing: missing, repeated: repeated)
    }

    private init(missing: MissingTime?, repeated: RepeatedTime?) {
        self.missing = missing
        self.repeated = repeated
    }
}
