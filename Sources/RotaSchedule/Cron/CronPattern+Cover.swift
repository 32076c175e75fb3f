extension CronPattern {
    /// Whether a reading is inside the times the pattern names; without a seconds field each minute counts whole.
    func covers(local: Int64) -> Bool {
        matches(local: flags.contains(.hasSeconds) ? local : local.floorDivided(by: 60) &* 60)
    }

    /// A reading after a covered one that is as far ahead as certainly only covered readings lie between.
    ///
    /// It may be covered itself: the caller asks again.
    func nextUncovered(after local: Int64) -> Int64 {
        let day = local.floorDivided(by: 86_400)
        let second = Int(local &- day &* 86_400)
        if flags.contains(.hasSeconds), let next = Bits.firstGap(seconds, from: second % 60, below: 60) {
            return local &- Int64(second % 60) &+ Int64(next)
        }
        let minute = second / 60
        if let next = Bits.firstGap(minutes, from: minute % 60, below: 60) {
            return day &* 86_400 &+ Int64(minute / 60 &* 60 &+ next) &* 60
        }
        if let next = Bits.firstGap(hours, from: minute / 60, below: 24) {
            return day &* 86_400 &+ Int64(next) &* 3_600
        }
        return (day &+ 1) &* 86_400
    }

    /// A reading before a covered one that is as far back as certainly only covered readings lie between.
    func previousUncovered(before local: Int64) -> Int64 {
        let day = local.floorDivided(by: 86_400)
        let second = Int(local &- day &* 86_400)
        if flags.contains(.hasSeconds), let last = Bits.lastGap(seconds, upTo: second % 60) {
            return local &- Int64(second % 60) &+ Int64(last)
        }
        let minute = second / 60
        if let last = Bits.lastGap(minutes, upTo: minute % 60) {
            return day &* 86_400 &+ Int64(minute / 60 &* 60 &+ last) &* 60 &+ 59
        }
        if let last = Bits.lastGap(hours, upTo: minute / 60) {
            return day &* 86_400 &+ Int64(last) &* 3_600 &+ 3_599
        }
        return day &* 86_400 &- 1
    }
}

extension Bits {
    /// The lowest clear bit at or above a position and below a limit.
    fileprivate static func firstGap(_ mask: UInt64, from position: Int, below limit: Int) -> Int? {
        guard let gap = (~mask).lowestBit(from: position), gap < limit else { return nil }
        return gap
    }

    /// The highest clear bit at or below a position.
    fileprivate static func lastGap(_ mask: UInt64, upTo position: Int) -> Int? {
        (~mask).highestBit(upTo: position)
    }
}
