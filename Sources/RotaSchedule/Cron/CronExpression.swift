public import Foundation
import RotaCore

/// A repeating wall-clock time in cron's notation, such as `30 9 * * 1-5`.
///
/// Two expressions are equal if they name the same times in the same dialect: `* * * * 7` equals `* * * * SUN`.
public struct CronExpression: Sendable, Hashable, CustomStringConvertible {
    /// The text the expression was read from, as it was written.
    public let source: String
    /// The rules the text was read by.
    public let dialect: CronDialect
    private let packed: PackedCronPattern

    /// The seed that `H` took its values from, or `nil` if the text has no `H`.
    public var hashSeed: String? { packed.hashSeed }

    var pattern: CronPattern { packed.pattern }

    /// The period of `@every`, in seconds, or `nil` for an expression with fields.
    var period: Int64? { packed.period }

    /// Reads a cron expression.
    ///
    /// - Parameters:
    ///   - text: the fields, separated by spaces or tabs, or a macro such as `@daily`; at most 4,096 bytes.
    ///   - dialect: the rules to read by.
    ///   - hashSeed: where `H` takes its values from, such as a job's name; the same seed gives the same times in every
    ///     process and on every machine.
    /// - Throws: ``CronSyntaxError`` with the place of the mistake, also for a text that no date can ever match.
    /// - Complexity: O(n) in the length of the text.
    public init(
        _ text: String, dialect: CronDialect = .standard, hashSeed: String? = nil
    ) throws(CronSyntaxError) {
        var copy = text
        let result = copy.withUTF8 { Self.parse($0, dialect: dialect, hashSeed: hashSeed) }
        switch result {
        case .success(let parsed):
            source = text
            self.dialect = dialect
            packed = PackedCronPattern(
                parsed.pattern, period: parsed.period, hashSeed: parsed.usesHash ? hashSeed : nil)
        case .failure(let failure):
            throw CronSyntaxError(failure, in: text)
        }
    }

    private static func parse(
        _ bytes: UnsafeBufferPointer<UInt8>, dialect: CronDialect, hashSeed: String?
    ) -> Result<(pattern: CronPattern, period: Int64?, usesHash: Bool), CronParser.Failure> {
        do throws(CronParser.Failure) {
            var parser = CronParser(bytes: bytes, dialect: dialect, seed: hashSeed.map(StableHash.hash))
            if parser.isMacro { try parser.parseMacro() } else { try parser.parse() }
            return .success((parser.pattern, parser.period, parser.usesHash))
        } catch {
            return .failure(error)
        }
    }

    /// Whether two expressions name the same times.
    public static func == (left: CronExpression, right: CronExpression) -> Bool {
        left.pattern == right.pattern && left.dialect == right.dialect && left.period == right.period
    }

    /// Hashes the times the expression names.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(pattern)
        hasher.combine(dialect)
        hasher.combine(period)
    }
}

extension CronExpression {
    /// The first instant after another at which the expression fires, by rules of a zone that you hold.
    ///
    /// - Parameters:
    ///   - instant: where to start, exclusive; fractions of a second are allowed.
    ///   - rules: whose wall clock the fields are read on.
    ///   - daylightSaving: what becomes of times that a change of the zone's offset removes or repeats.
    /// - Returns: a whole second, or `nil` if there is none until the end of the year 9999.
    public func next(
        after instant: Date, in rules: TimeZoneRules, daylightSaving: DaylightSavingPolicy = .automatic
    ) -> Date? {
        WholeSeconds.floor(instant).flatMap { next(from: $0 &+ 1, in: rules.table, daylightSaving: daylightSaving) }
    }

    /// The last instant before another at which the expression fires, by rules of a zone that you hold.
    ///
    /// - Parameters:
    ///   - instant: where to start, exclusive; fractions of a second are allowed.
    ///   - rules: whose wall clock the fields are read on.
    ///   - daylightSaving: what becomes of times that a change of the zone's offset removes or repeats.
    /// - Returns: a whole second, or `nil` if there is none since the beginning of the year 1.
    public func previous(
        before instant: Date, in rules: TimeZoneRules, daylightSaving: DaylightSavingPolicy = .automatic
    ) -> Date? {
        WholeSeconds.ceiling(instant).flatMap {
            previous(from: $0 &- 1, in: rules.table, daylightSaving: daylightSaving)
        }
    }
}

extension CronExpression {
    /// The instants of a range at which the expression fires, in order and computed as they are asked for.
    ///
    /// - Parameters:
    ///   - range: its lower bound counts, its upper bound does not.
    ///   - zone: whose wall clock the fields are read on.
    ///   - daylightSaving: what becomes of times that a change of the zone's offset removes or repeats.
    public func occurrences(
        in range: Range<Date>, in zone: TimeZone = .gmt, daylightSaving: DaylightSavingPolicy = .automatic
    ) -> CronOccurrences {
        let justBefore = Date(timeIntervalSinceReferenceDate: range.lowerBound.timeIntervalSinceReferenceDate.nextDown)
        return CronOccurrences(
            expression: self, after: justBefore, before: range.upperBound, zone: zone, daylightSaving: daylightSaving)
    }
}
