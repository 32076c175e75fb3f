import Foundation
import RotaSchedule
import RotaTesting
import Testing

/// Compares the search with a walker that checks every second on its own.
@Suite struct CronDifferentialTests {
    static let zones = [
        "UTC", "America/New_York", "Europe/Berlin", "Europe/London", "Australia/Lord_Howe", "Antarctica/Troll",
        "Pacific/Apia", "Asia/Kolkata", "America/Sao_Paulo", "Asia/Beirut", "Africa/Casablanca", "Asia/Tehran",
        "Pacific/Kwajalein", "America/Caracas", "Asia/Pyongyang", "Africa/Cairo", "America/Godthab", "Europe/Dublin",
        "America/St_Johns", "Pacific/Chatham", "Asia/Gaza", "America/Santiago", "Africa/Monrovia",
    ]

    /// Returns a start from 1970 to 2199, usually near a change of the zone's offset.
    static func start(in zone: TimeZoneRules, _ random: inout SeededGenerator) -> Int {
        let anywhere = random.int(0...7_258_118_400)
        guard random.chance(70) else { return anywhere }
        let near = random.int(631_152_000...2_145_916_800)
        guard let change = zone.nextTransition(after: Date(timeIntervalSince1970: Double(near))) else { return near }
        return Int(change.timeIntervalSince1970) + random.int(-100_000...20_000)
    }

    /// The number of expressions, which `ROTA_INPUTS` overrides.
    static let expressions = ProcessInfo.processInfo.environment["ROTA_INPUTS"].flatMap { Int($0) } ?? 5_000

    @Test("Next and previous agree with checking every second", arguments: 0..<20)
    func agrees(batch: UInt64) throws {
        var random = SeededGenerator(seed: 0xC0FFEE + batch)
        var compared = 0
        var histories: [String: ZoneHistory] = [:]
        while compared < Self.expressions / 20 {
            let model = ExpressionModel.random(&random)
            guard let expression = try? CronExpression(model.text) else {
                // Only an expression that can never match may be refused.
                #expect(throws: CronSyntaxError.self) { try CronExpression(model.text) }
                let code = #expect(throws: CronSyntaxError.self) { try CronExpression(model.text) }?.code
                try #require(code == .neverMatches, "\(model.text)")
                continue
            }
            let identifier = random.pick(Self.zones)
            let zone = try TimeZoneDatabase.system.rules(for: identifier)
            let history = histories[identifier] ?? ZoneHistory(zone)
            histories[identifier] = history
            let start = Self.start(in: zone, &random)
            var policy: (WallClockWalker.Missing, WallClockWalker.Repeated)?
            if random.chance(40) {
                policy = (random.pick(WallClockWalker.Missing.allCases), random.pick(WallClockWalker.Repeated.allCases))
            }
            let walker = WallClockWalker(model, history, policy)
            let saving = policy.map { DaylightSavingPolicy.missing(.init($0.0), repeated: .init($0.1)) } ?? .automatic
            let instant = Date(timeIntervalSince1970: Double(start) + (random.chance(20) ? 0.5 : 0))
            let reach = 35 * 86_400

            let next = expression.next(after: instant, in: zone, daylightSaving: saving)
            let expectedNext = walker.next(after: start, before: start + reach)
            let nextSeconds = next.map { Int($0.timeIntervalSince1970) }.flatMap { $0 < start + reach ? $0 : nil }
            #expect(nextSeconds == expectedNext, "next \(model.text) \(identifier) \(start) \(saving)")

            let ceiling = Int(instant.timeIntervalSince1970.rounded(.up))
            let previous = expression.previous(before: instant, in: zone, daylightSaving: saving)
            let expectedPrevious = walker.previous(before: ceiling, from: ceiling - reach)
            let previousSeconds =
                previous.map { Int($0.timeIntervalSince1970) }.flatMap { $0 >= ceiling - reach ? $0 : nil }
            #expect(previousSeconds == expectedPrevious, "previous \(model.text) \(identifier) \(ceiling) \(saving)")
            compared += 1
        }
    }
}

extension DaylightSavingPolicy.MissingTime {
    init(_ missing: WallClockWalker.Missing) {
        switch missing {
        case .atGapEnd: self = .atGapEnd
        case .skip: self = .skip
        case .shift: self = .shift
        }
    }
}

extension DaylightSavingPolicy.RepeatedTime {
    init(_ repeated: WallClockWalker.Repeated) {
        switch repeated {
        case .first: self = .first
        case .second: self = .second
        case .both: self = .both
        }
    }
}
