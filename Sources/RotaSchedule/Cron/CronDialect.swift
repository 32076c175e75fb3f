/// The rules by which a cron text is read.
///
/// | | `standard` | `quartz` | `vixie` |
/// |---|---|---|---|
/// | fields | 5; 6 with seconds first; 7 with a year last | 6 or 7, seconds first | 5 |
/// | day of week | 0–7, Sunday is 0 or 7 | 1–7, Sunday is 1 | 0–7, Sunday is 0 or 7 |
/// | both day fields given | either may match; both must after a `+` | refused: one must be `?` | either may match |
/// | `L`, `W`, `#`, `H`, `?`, `FRI-MON`, `5/15` | yes | yes | no |
/// | `SAT-SUN` | yes | yes | yes, as in cronie |
/// | `@daily` … `@every 5m` | yes | no | `@daily` …, without `@every` |
///
/// ```swift
/// let sunday = try CronExpression("0 0 12 ? * 1", dialect: .quartz)
/// let monday = try CronExpression("0 12 * * 1")
/// print(sunday.summary, "|", monday.summary)  // At 12:00, on Sunday | At 12:00, on Monday
/// ```
public struct CronDialect: Sendable, Hashable, Codable, CustomStringConvertible {
    enum Kind: String, Sendable, Hashable, Codable {
        case standard, quartz, vixie
    }

    let kind: Kind

    /// Five fields, six with seconds, or seven with seconds and a year, with every extension that this module supports.
    public static let standard = CronDialect(kind: .standard)

    /// The dialect of the Quartz scheduler: six or seven fields, Sunday is 1, and one day field is `?`.
    public static let quartz = CronDialect(kind: .quartz)

    /// The dialect of Vixie cron and cronie: five fields without extensions.
    public static let vixie = CronDialect(kind: .vixie)

    /// The dialect's name as encoded: `standard`, `quartz` or `vixie`.
    public var description: String { kind.rawValue }

    init(kind: Kind) {
        self.kind = kind
    }

    /// Decodes a dialect's name.
    ///
    /// - Throws: `DecodingError` if there is no such dialect.
    public init(from decoder: any Decoder) throws {
        kind = try Kind(from: decoder)
    }

    /// Encodes the dialect's name as a string.
    public func encode(to encoder: any Encoder) throws {
        try kind.encode(to: encoder)
    }
}
