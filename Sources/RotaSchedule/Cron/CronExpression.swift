public import Foundation
import RotaCore

/// A repeating wall-clock time in cron notation, such as `30 9 * * 1-5`.
///
/// ```swift
/// let expression = try CronExpression("30 9 * * 1-5")
/// print(expression.summary)  // At 09:30, Monday to Friday
///
/// let newYork = try TimeZoneDatabase.system.rules(for: "America/New_York")
/// if let next = expression.next(after: .now, in: newYork) { print(next) }
/// ```
///
/// Two expressions are equal if they match the same times in the same dialect: `* * * * 7` equals `* * * * SUN`.
public struct CronExpression: Sendable, Hashable, CustomStringConvertible {
    /// The text the expression was read from.
    public let source: String
    /// The dialect the text was read in.
    public let dialect: CronDialect
    private let packed: PackedCronPattern

    /// The seed that chose the values of `H`, or `nil` if the text has no `H`.
    public var hashSeed: String? { packed.hashSeed }

    var pattern: CronPattern { packed.pattern }

    /// The period of `@every`, in seconds, or `nil` for an expression with fields.
    var period: Int64? { packed.period }

    /// Reads a cron expression.
    ///
    /// - Parameters:
    ///   - text: The fields, separated by spaces or tabs, or a macro such as `@daily`. At most 4,096 bytes. White space
    ///     and byte order marks around it do not matter.
    ///   - dialect: The dialect to read the text in.
    ///   - hashSeed: The seed that chooses the values of `H`, such as the job's name. Equal seeds give equal times in
    ///     every process and on every machine.
    /// - Throws: ``CronSyntaxError`` with the position of the mistake, also if no date can ever match. For the notation
    ///   of another tool, such as `CRON_TZ=…`, `rate(…)` or `0~59`, it says what to write instead.
    /// - Complexity: O(n) in the length of the text.
    public init(
        _ text: String, dialect: CronDialect = .standard, hashSeed: String? = nil
    ) throws(CronSyntaxError) {
        var copy = Self.isPlain(text) ? text : text.trimmingInvisible
        let result = copy.withUTF8 { Self.parse($0, dialect: dialect, hashSeed: hashSeed) }
        switch result {
        case .success(let parsed):
            source = copy
            self.dialect = dialect
            packed = PackedCronPattern(
                parsed.pattern, period: parsed.period, hashSeed: parsed.usesHash ? hashSeed : nil)
        case .failure(let failure):
            throw CronSyntaxError(CronMisreading.explain(failure, of: copy, dialect: dialect), in: copy)
        }
    }

    /// Whether a text begins and ends with a character, a space or a tab of ASCII.
    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last else { return true }
        let printable: Range<UInt8> = 0x20..<0x80
        return [first, last].allSatisfy { printable.contains($0) || $0 == 0x09 }
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

    /// Whether two expressions match the same times in the same dialect.
    public static func == (left: CronExpression, right: CronExpression) -> Bool {
        left.pattern == right.pattern && left.dialect == right.dialect && left.period == right.period
    }

    /// Hashes the times that the expression matches.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(pattern)
        hasher.combine(dialect)
        hasher.combine(period)
    }
}

extension CronExpression {
    /// Returns the first date after another at which the expression fires, in given time zone rules.
    ///
    /// - Parameters:
    ///   - date: The date to start from, exclusive.
    ///   - rules: The rules of the zone whose wall clock the fields describe.
    ///   - daylightSaving: How to treat times that an offset change skips or repeats.
    /// - Returns: A whole second, or `nil` if there is none through the year 9999.
    public func next(
        after date: Date, in rules: TimeZoneRules, daylightSaving: DaylightSavingPolicy = .automatic
    ) -> Date? {
        WholeSeconds.floor(date).flatMap { next(from: $0 &+ 1, in: rules.table, daylightSaving: daylightSaving) }
    }

    /// Returns the last date before another at which the expression fires, in given time zone rules.
    ///
    /// - Parameters:
    ///   - date: The date to start from, exclusive.
    ///   - rules: The rules of the zone whose wall clock the fields describe.
    ///   - daylightSaving: How to treat times that an offset change skips or repeats.
    /// - Returns: A whole second, or `nil` if there is none since the year 1.
    public func previous(
        before date: Date, in rules: TimeZoneRules, daylightSaving: DaylightSavingPolicy = .automatic
    ) -> Date? {
        WholeSeconds.ceiling(date).flatMap {
            previous(from: $0 &- 1, in: rules.table, daylightSaving: daylightSaving)
        }
    }
}

extension CronExpression {
    /// Returns the dates within a range at which the expression fires, in order and computed on demand.
    ///
    /// - Parameters:
    ///   - range: The range. Its lower bound is included.
    ///   - zone: The zone whose wall clock the fields describe.
    ///   - daylightSaving: How to treat times that an offset change skips or repeats.
    public func occurrences(
        in range: Range<Date>, in zone: TimeZone = .gmt, daylightSaving: DaylightSavingPolicy = .automatic
    ) -> CronOccurrences {
        CronOccurrences(
            expression: self, after: range.lowerBound.justBefore, before: range.upperBound, zone: zone,
            daylightSaving: daylightSaving)
    }
}
