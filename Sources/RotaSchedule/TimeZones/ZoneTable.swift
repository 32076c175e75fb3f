import Foundation
import RotaCore
import Synchronization

/// A zone's offsets from UTC for all time, compiled for lookup.
final class ZoneTable: Sendable {
    let identifier: String
    /// Contiguous spans from ``ZoneSpan/beginning`` to ``ZoneSpan/forever``.
    private let spans: [ZoneSpan]
    /// The first second for which the rule is used instead of the spans.
    private let ruleStart: Int64
    private let rule: Rule?
    private let cycle = AtomicLazyReference<Cycle>()

    /// The source of the changes that repeat every year from some date on.
    private enum Rule: Hashable, Sendable {
        case posix(PosixTimeZoneRule)
        /// Foundation does not tell its rule, so a cycle of it is sampled.
        case foundation(TimeZone)
    }

    /// The spans of 400 years, after which the calendar repeats, including weekdays.
    private final class Cycle: Sendable {
        let spans: [ZoneSpan]

        init(_ rule: Rule) {
            switch rule {
            case .posix(let rule):
                let years = ZoneTable.cycleYear &- 2...ZoneTable.cycleYear &+ 401
                spans = .init(firstOffset: rule.standardOffset, changes: rule.changes(in: years))
            case .foundation(let zone):
                let margin: Int64 = 2 * 366 * 86_400
                let begin = ZoneTable.cycleStart &- margin
                let end = ZoneTable.cycleStart &+ ZoneTable.cycleLength &+ margin
                spans = .init(
                    firstOffset: FoundationZone.offset(of: zone, at: begin),
                    changes: FoundationZone.changes(of: zone, in: begin..<end))
            }
        }
    }

    /// A year divisible by 400 in which Foundation uses each zone's last rule.
    private static let cycleYear = 2400
    private static let cycleStart: Int64 = 13_569_465_600
    private static let cycleLength: Int64 = 146_097 * 86_400

    /// Whether the zone was compiled from Foundation, not read from a file.
    let isFromFoundation: Bool

    /// Whether the zone has a single offset for all time.
    var isFixedOffset: Bool { spans.count == 1 && rule == nil }

    /// Creates a zone with a fixed offset.
    init(identifier: String, fixedOffset: Int64) {
        self.identifier = identifier
        spans = [ZoneSpan(fixedOffset: fixedOffset)]
        rule = nil
        ruleStart = ZoneSpan.forever
        isFromFoundation = false
    }

    /// Creates a zone from the changes that Foundation knows, and Foundation itself for all time after the last one.
    init(
        identifier: String, firstOffset: Int64, changes: [(second: Int64, offset: Int64)], foundation zone: TimeZone
    ) {
        self.identifier = identifier
        isFromFoundation = true
        spans = .init(firstOffset: firstOffset, changes: changes)
        // A zone without a change in the last two years of the table has no rule that repeats.
        let year: Int64 = 366 * 86_400
        guard let last = changes.last?.second, last > FoundationZone.horizon &- 2 &* year else {
            rule = nil
            ruleStart = ZoneSpan.forever
            return
        }
        rule = .foundation(zone)
        // The last spans need their neighbors.
        ruleStart = FoundationZone.horizon &- 2 &* year
    }

    /// Creates a zone from its known changes and a rule for all time after them.
    init(
        identifier: String, firstOffset: Int64, changes: [(second: Int64, offset: Int64)],
        rule: PosixTimeZoneRule? = nil
    ) {
        self.identifier = identifier
        isFromFoundation = false
        guard let rule, rule.daylight != nil else {
            // Without any change the rule holds for all time. After one, it repeats the offset of the last change.
            let only = changes.isEmpty ? rule?.standardOffset : nil
            spans = .init(firstOffset: only ?? firstOffset, changes: changes)
            self.rule = nil
            ruleStart = ZoneSpan.forever
            return
        }
        self.rule = .posix(rule)
        guard let last = changes.last?.second else {
            // Without any change the rule holds for all time.
            spans = [ZoneSpan(fixedOffset: rule.standardOffset)]
            ruleStart = .min
            return
        }
        // The table contains the rule's changes up to 2100, and two more years for the neighbors of its last spans.
        let lastYear = CivilDate(daysSinceEpoch: Int(last.floorDivided(by: 86_400))).year
        let coming = lastYear <= 2_102 ? rule.changes(in: lastYear &- 1...2_102).filter { $0.second > last } : []
        spans = .init(firstOffset: firstOffset, changes: changes + coming)
        ruleStart = max(4_102_444_800, last &+ 10 &* 86_400)
    }

    /// Returns the span that contains a second.
    ///
    /// - Complexity: O(log n) in the number of changes.
    func span(at second: Int64) -> ZoneSpan {
        guard second >= ruleStart, let rule else { return spans.span(at: second) }
        let moved = (second &- Self.cycleStart).floorDivided(by: Self.cycleLength) &* Self.cycleLength
        let known = cycle.load() ?? cycle.storeIfNil(Cycle(rule))
        return known.spans.span(at: second &- moved).moved(by: moved)
    }
}

extension ZoneTable: Equatable {
    /// Whether two tables contain the same rules under the same name.
    static func == (left: ZoneTable, right: ZoneTable) -> Bool {
        left === right
            || left.identifier == right.identifier && left.spans == right.spans && left.rule == right.rule
                && left.ruleStart == right.ruleStart
    }
}

extension ZoneTable {
    /// Creates the table of a zone file.
    convenience init(identifier: String, file: TZifFile) {
        self.init(
            identifier: identifier, firstOffset: file.firstOffset, changes: file.changes, rule: file.rule)
    }
}
