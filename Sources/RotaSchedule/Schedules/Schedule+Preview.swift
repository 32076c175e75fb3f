public import Foundation
import RotaCore

extension Schedule {
    /// Returns the next occurrences, each with notes on how it was moved.
    ///
    /// - Parameters:
    ///   - date: The date to start from, exclusive.
    ///   - count: The maximum number of occurrences. ``maximumRuns`` limits it further.
    public func preview(from date: Date, count: Int) -> [PreviewedOccurrence] {
        unlimitedPreview(from: date, count: min(count, maximumRuns ?? count))
    }

    /// Returns the next occurrences without regard to ``maximumRuns``: skipped ones are no runs.
    package func unlimitedPreview(from date: Date, count: Int) -> [PreviewedOccurrence] {
        var found: [PreviewedOccurrence] = []
        var cursor = date
        while found.count < count, let occurrence = nextOccurrence(after: cursor) {
            found.append(previewed(occurrence))
            cursor = occurrence.nominal
        }
        return found
    }

    /// Returns an occurrence of the schedule with notes on how it was moved.
    package func previewed(_ occurrence: Occurrence) -> PreviewedOccurrence {
        PreviewedOccurrence(occurrence: occurrence, notes: notes(on: occurrence))
    }

    private func notes(on occurrence: Occurrence) -> [PreviewedOccurrence.Note] {
        var notes: [PreviewedOccurrence.Note] = []
        var origin = occurrence.nominal
        if limits?.shift != nil, let source = self.origin(ofMoved: occurrence.nominal) {
            origin = source
            notes.append(
                .init(
                    code: .movedToBusinessDay,
                    message: "moved from \(ISO8601.description(source)), which is not a business day"))
        }
        notes = rule.notes(on: origin) + notes
        let offset = smoothingOffset
        if offset > .zero {
            notes.append(.init(code: .smoothed, message: "smoothed by \(offset.exactText)"))
        }
        return notes
    }
}

extension Schedule.Rule {
    /// Returns notes on how daylight saving affected a date of the rule.
    fileprivate func notes(on date: Date) -> [PreviewedOccurrence.Note] {
        switch self {
        case .cron(let expression, let zone, let daylightSaving):
            guard let table = TimeZoneDatabase.system.knownTable(zone), let second = WholeSeconds.floor(date)
            else { return [] }
            let search = CronSearch(pattern: expression.pattern, zone: table, daylightSaving: daylightSaving)
            let span = table.span(at: second)
            let reading = second + span.offset
            var notes: [PreviewedOccurrence.Note] = []
            if let missed = search.missedReading(at: second) {
                let time = LocalTime(seconds: missed).description
                notes.append(
                    .init(
                        code: .shiftedByGap,
                        message: "\(time.suffix(8)) does not exist on \(time.prefix(10)); fires at "
                            + "\(LocalTime(seconds: reading).description.suffix(8))"))
            } else if reading < span.fresh {
                notes.append(.init(code: .secondOfTwo, message: "the clock shows this time twice; this is the second"))
            } else if reading >= span.repeated {
                notes.append(.init(code: .firstOfTwo, message: "the clock shows this time twice; this is the first"))
            }
            return notes
        case .union(let schedules):
            for schedule in schedules where schedule.next(after: date.justBefore) == date {
                return schedule.rule.notes(on: date)
            }
            return []
        default:
            return []
        }
    }
}

extension Schedule {
    /// The reason why a date is not an occurrence.
    package enum Absence: Sendable, Hashable {
        /// The rule does not give it.
        case notNamed
        /// The rule gives it, but it was moved to a business day.
        case moved
        /// An excluded calendar contains it: that of the name, if it has one.
        case excluded(by: String?)
        /// It is outside the calendars to keep within.
        case outside
        /// It is before the schedule's start.
        case beforeStart
        /// It is not before the schedule's end.
        case afterEnd
    }

    /// Returns the reason why a date is not an occurrence, or `nil` if it is one.
    package func absence(at date: Date) -> Absence? {
        let before = date.justBefore
        if next(after: before) == date { return nil }
        var budget = SearchBudget()
        if ruleNext(after: before, within: &budget) == date { return refusal(of: date) }
        budget = SearchBudget()
        return refusalByPart(of: date, within: &budget) ?? .notNamed
    }

    /// Returns the reason for which a part of a union refuses a date that its own rule gives, or `nil` if none does.
    private func refusalByPart(of date: Date, within budget: inout SearchBudget) -> Absence? {
        guard case .union(let parts) = rule else { return nil }
        let before = date.justBefore
        for part in parts where budget.spend(1) {
            // The union itself has dropped a date that a part gives.
            if part.next(after: before, within: &budget) == date { continue }
            let isNamed = part.ruleNext(after: before, within: &budget) == date
            let refusal = isNamed ? part.refusal(of: date) : part.refusalByPart(of: date, within: &budget)
            if let refusal, refusal != .notNamed { return refusal }
        }
        return nil
    }

    /// Returns the reason for which the limits refuse a date that the rule gives.
    private func refusal(of date: Date) -> Absence {
        guard let limits else { return .notNamed }
        if let start = limits.start, date < start { return .beforeStart }
        if let end = limits.end, date >= end { return .afterEnd }
        if limits.shift != nil { return .moved }
        guard let second = WholeSeconds.floor(date) else { return .notNamed }
        for filter in limits.filters {
            guard let table = TimeZoneDatabase.system.knownTable(filter.zone) else { continue }
            if !filter.allows(local: second + table.span(at: second).offset) {
                return filter.excludes
                    ? .excluded(by: filter.calendar.name(containing: second + table.span(at: second).offset)) : .outside
            }
        }
        return .notNamed
    }
}
