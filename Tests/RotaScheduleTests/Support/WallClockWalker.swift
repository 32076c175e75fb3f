import Foundation
import RotaSchedule

/// Finds the times at which a cron expression fires by walking through time in steps of an hour or a second.
///
/// Each second is checked on its own, from the readings of the zone's wall clock around it. Nothing is computed ahead.
final class WallClockWalker {
    enum Missing: CaseIterable { case atGapEnd, skip, shift }
    enum Repeated: CaseIterable { case first, second, both }

    private let model: ExpressionModel
    private let zone: ZoneHistory
    private let missing: Missing
    private let repeated: Repeated
    private let seconds: [Bool]
    private let minutes: [Bool]
    private let hours: [Bool]
    /// Whether only whole minutes have to be checked, because ``mayFire(at:)`` is false for every other second.
    private let onlyWholeMinutes: Bool
    /// Whether the model matches a day, by day number.
    private var days: [Int: Bool] = [:]

    init(_ model: ExpressionModel, _ zone: ZoneHistory, _ policy: (Missing, Repeated)? = nil) {
        self.model = model
        self.zone = zone
        missing = policy?.0 ?? (model.isWildcard ? .skip : .atGapEnd)
        repeated = policy?.1 ?? (model.isWildcard ? .both : .first)
        seconds = (0..<60).map(model.seconds.contains)
        minutes = (0..<60).map(model.minutes.contains)
        hours = (0..<24).map(model.hours.contains)
        onlyWholeMinutes = zone.hasWholeMinutes && !model.seconds.contains { $0 != 0 }
    }

    /// Returns the first second after `start` that fires, if it is before `limit`.
    func next(after start: Int, before limit: Int) -> Int? {
        var instant = start + 1
        while instant < limit {
            let empty = emptyStretch(from: instant)
            if empty == 0, mayFire(at: instant), fires(at: instant) { return instant }
            instant += max(onlyWholeMinutes ? 60 - wrap(instant, 60) : 1, empty)
        }
        return nil
    }

    /// Returns the last second before `start` that fires, if it is at or after `limit`.
    func previous(before start: Int, from limit: Int) -> Int? {
        var instant = start - 1
        while instant >= limit {
            let empty = emptyStretch(upTo: instant)
            if empty == 0, mayFire(at: instant), fires(at: instant) { return instant }
            instant -= max(onlyWholeMinutes ? wrap(instant, 60) : 1, 1, empty)
        }
        return nil
    }

    /// Where all offsets are whole minutes, the second of a reading equals the second in UTC, and gaps end on whole
    /// minutes.
    private func mayFire(at instant: Int) -> Bool {
        let second = wrap(instant, 60)
        return second == 0 || seconds[second] || !zone.hasWholeMinutes
    }

    private func emptyStretch(from instant: Int) -> Int {
        guard instant % 60 == 0 else { return 0 }
        for length in [86_400, 3_600, 60] where instant % length == 0 && isEmpty(instant, length) { return length }
        return 0
    }

    private func emptyStretch(upTo instant: Int) -> Int {
        guard (instant + 1) % 60 == 0 else { return 0 }
        for length in [86_400, 3_600, 60] where (instant + 1) % length == 0 && isEmpty(instant + 1 - length, length) {
            return length
        }
        return 0
    }

    /// Whether a day, an hour or a minute certainly contains no matching time.
    private func isEmpty(_ instant: Int, _ length: Int) -> Bool {
        let quiet = !zone.isBusy(instant, length)
        let first = instant + zone.offset(at: instant)
        if length == 86_400 {
            // The readings from a day before to a day after cover every gap and shift nearby.
            let margin = quiet ? 0 : 2
            for day in floorDivide(first, 86_400) - margin...floorDivide(first + 86_399, 86_400) + margin
            where matches(day: day) { return false }
            return true
        }
        guard quiet else { return false }
        var unit = floorDivide(first, length)
        while unit * length < first + length {
            if matches(unit: unit, of: length) { return false }
            unit += 1
        }
        return true
    }

    /// Whether an hour or minute of the wall clock, counted from 1970, may contain a matching time.
    private func matches(unit: Int, of length: Int) -> Bool {
        let perHour = 3_600 / length
        guard hours[wrap(floorDivide(unit, perHour), 24)], perHour == 1 || minutes[wrap(unit, 60)] else { return false }
        return matches(day: floorDivide(unit, perHour * 24))
    }

    private func wrap(_ number: Int, _ size: Int) -> Int {
        (number % size + size) % size
    }

    private func matches(day: Int) -> Bool {
        if let known = days[day] { return known }
        let result = model.matches(ExpressionModel.day(ofReading: day * 86_400))
        days[day] = result
        return result
    }

    private func matches(reading: Int) -> Bool {
        let day = floorDivide(reading, 86_400)
        let time = reading - day * 86_400
        return seconds[time % 60] && minutes[time / 60 % 60] && hours[time / 3_600] && matches(day: day)
    }

    private func fires(at instant: Int) -> Bool {
        let here = instant + zone.offset(at: instant)
        if matches(reading: here) {
            switch repeated {
            case .both: return true
            case .first: if !readings(of: here, near: instant).contains(where: { $0 < instant }) { return true }
            case .second: if !readings(of: here, near: instant).contains(where: { $0 > instant }) { return true }
            }
        }
        return missing != .skip && zone.isBusy(instant, 1) && addedByGap(at: instant)
    }

    /// Returns every second within three days at which the clock has the same reading.
    private func readings(of reading: Int, near instant: Int) -> [Int] {
        let nearby = zone.changes(from: instant - 259_200, through: instant + 259_200)
        let offsets = Set(
            [zone.offset(at: instant)] + nearby.flatMap { [zone.offset(at: $0 - 1), zone.offset(at: $0)] })
        return offsets.map { reading - $0 }.filter { $0 + zone.offset(at: $0) == reading }
    }

    /// Whether an offset change makes the expression fire at a second whose reading does not match.
    private func addedByGap(at instant: Int) -> Bool {
        for change in zone.changes(from: instant - 100_000, through: instant) {
            let (before, after) = (zone.offset(at: change - 1), zone.offset(at: change))
            guard after > before else { continue }
            let gap = change + before..<change + after
            if missing == .atGapEnd {
                guard change == instant else { continue }
                for reading in gap where matches(reading: reading) && !wasRead(reading, before: change) { return true }
            } else {
                let skipped = instant + before
                if gap.contains(skipped), matches(reading: skipped), !wasRead(skipped, before: change) { return true }
            }
        }
        return false
    }

    private func wasRead(_ reading: Int, before change: Int) -> Bool {
        readings(of: reading, near: change).contains { $0 < change }
    }
}
