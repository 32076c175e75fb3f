import Foundation
import RotaSchedule
import Testing

/// Compares every zone of the system's database with a walk, at every offset change from 2000 to 2037.
@Suite struct CronTransitionTests {
    private struct Expression {
        var model: ExpressionModel
        var compiled: CronExpression
    }

    /// Returns one expression of each kind, aimed at the middle of the times that a change skips or repeats.
    private static func expressions(aimedAt reading: Int, _ made: inout [Int: [Expression]]) throws -> [Expression] {
        let minute = floorDivide(reading, 60)
        let key = (minute % 1_440 + 1_440) % 1_440
        if let known = made[key] { return known }
        let star = ExpressionModel.Field(text: "*", values: [])
        let days = ExpressionModel.Field(text: "*", values: Set(1...31))
        let week = ExpressionModel.Field(text: star.text, values: Set(0...6))
        let hour = key / 60
        let fixed = ExpressionModel(
            text: "\(key % 60) \(hour) * * *", minutes: [key % 60], hours: [hour], days: days, months: Set(1...12),
            weekdays: week, isWildcard: false, hasSeconds: false)
        let wildcard = ExpressionModel(
            text: "*/20 * * * *", minutes: [0, 20, 40], hours: Set(0...23), days: days, months: Set(1...12),
            weekdays: week, isWildcard: true, hasSeconds: false)
        let seconds = ExpressionModel(
            text: "*/30 \(key % 60) \(hour) * * *", seconds: [0, 30], minutes: [key % 60], hours: [hour], days: days,
            months: Set(1...12), weekdays: week, isWildcard: false, hasSeconds: true)
        let list = try [fixed, wildcard, seconds].map { Expression(model: $0, compiled: try CronExpression($0.text)) }
        made[key] = list
        return list
    }

    private static func walk(_ model: ExpressionModel, _ history: ZoneHistory, from start: Int, to end: Int) -> [Int] {
        let walker = WallClockWalker(model, history)
        var walked: [Int] = []
        while let next = walker.next(after: walked.last ?? start - 1, before: end) { walked.append(next) }
        return walked
    }

    @Test(
        "Three expressions agree with a walk at every change of every zone from 2000 to 2037, in both directions",
        arguments: 0..<2)
    func changes(part: Int) throws {
        var made: [Int: [Expression]] = [:]
        var seen: Set<[Int]> = []
        var walks: [[Int]: [[Int]]] = [:]
        var compared = 0
        for identifier in TimeZoneDatabase.system.identifiers {
            let zone = try TimeZoneDatabase.system.rules(for: identifier)
            let history = ZoneHistory(zone)
            let changes = history.changes(from: 946_684_800, through: 2_145_916_799)
            // Zones with the same history are walked once.
            let print = changes.flatMap { [$0, history.offset(at: $0 - 1), history.offset(at: $0)] }
            guard !changes.isEmpty, seen.insert(print).inserted, seen.count % 2 == part else { continue }
            for change in changes {
                let (before, after) = (history.offset(at: change - 1), history.offset(at: change))
                guard before != after else { continue }
                let reach = min(abs(after - before), 7_200) + 1_200
                var new: [[Int]] = []
                let all = try Self.expressions(aimedAt: change + (before + after) / 2, &made)
                // Zones with the same change at the same time share the walk. A single expression then shows that each
                // of them has a table of its own.
                let place = [change, before, after]
                for (index, expression) in (walks[place] == nil ? all[...] : all.prefix(1)).enumerated() {
                    let walked: [Int]
                    if let known = walks[place], index < known.count {
                        walked = known[index]
                    } else {
                        walked = Self.walk(expression.model, history, from: change - reach, to: change + reach)
                        new.append(walked)
                    }
                    var computed: [Int] = []
                    var cursor = Date(timeIntervalSince1970: Double(change - reach - 1))
                    while let next = expression.compiled.next(after: cursor, in: zone),
                        next.timeIntervalSince1970 < Double(change + reach)
                    {
                        computed.append(Int(next.timeIntervalSince1970))
                        cursor = next
                    }
                    try #require(computed == walked, "\(expression.model.text) in \(identifier) at \(change)")
                    var backwards: [Int] = []
                    cursor = Date(timeIntervalSince1970: Double(change + reach))
                    while let previous = expression.compiled.previous(before: cursor, in: zone),
                        previous.timeIntervalSince1970 >= Double(change - reach)
                    {
                        backwards.append(Int(previous.timeIntervalSince1970))
                        cursor = previous
                    }
                    try #require(
                        backwards.reversed() == walked, "\(expression.model.text) in \(identifier) at \(change)")
                    compared += 1
                }
                if !new.isEmpty { walks[place] = new }
            }
        }
        #expect(compared > 100)
    }
}
