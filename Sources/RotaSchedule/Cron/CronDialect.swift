/// The set of rules a cron text is read by.
///
/// | | `standard` | `quartz` | `vixie` |
/// |---|---|---|---|
/// | fields | 5; 6 with seconds first; 7 with a year last | 6 or 7, seconds first | 5 |
/// | day of week | 0–7, Sunday is 0 or 7 | 1–7, Sunday is 1 | 0–7, Sunday is 0 or 7 |
/// | both day fields given | either may match; both must after a leading `+` | refused: one of them is `?` | either may match |
/// | `L`, `W`, `#`, `H`, `?`, `FRI-MON`, `5/15` | yes | yes | no |
/// | `@daily` … `@every 5m` | yes | no | `@daily` …, without `@every` |
public struct CronDialect: Sendable, Hashable, Codable, CustomStringConvertible {
    enum Kind: String, Sendable, Hashable, Codable {
        case standard, quartz, vixie
    }

    let kind: Kind

    /// Five fields, or six with seconds, or seven with seconds and a year; every extension of this module.
    public static let standard = CronDialect(kind: .standard)

    /// The dialect of the Quartz scheduler: six or seven fields, Sunday is 1, one day field is `?`.
    public static let quartz = CronDialect(kind: .quartz)

    /// The dialect of Vixie cron and cronie: five fields and nothing they lack.
    public static let vixie = CronDialect(kind: .vixie)

    /// The dialect's name, as it stands in JSON: `standard`, `quartz` or `vixie`.
    public var description: String { kind.rawValue }

    init(kind: Kind) {
        self.kind = kind
    }

    /// Reads a dialect's name.
    /// - Throws: `DecodingError` if there is no dialect of that name.
    public init(from decoder: any Decoder) throws {
        kind = try Kind(from: decoder)
    }

    /// Writes the dialect's name as a string.
    public func encode(to encoder: any Encoder) throws {
        try kind.encode(to: encoder)
    }
}
