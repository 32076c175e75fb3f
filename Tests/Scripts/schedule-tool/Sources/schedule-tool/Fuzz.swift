import Foundation
import RotaSchedule
import RotaTesting

/// Feeds random and mutated input to every parser and search of the module.
///
/// A trap ends the process. The time of the slowest input, which is printed at the end, shows a hang.
struct Fuzz {
    private var numbers: SeededGenerator
    private let alphabet = Array("0123456789*/,-?LWH#@+ \tMONJAFEBSUNevrydailky5m()T:Z.é\u{0}".utf8)
    private let samples = [
        "30 9 * * 1-5", "0 0 29 2 *", "*/5 8-18 1,15 JAN-JUN MON#2,5L", "0 0 L-3,15W * +5", "@every 90s",
        "1 2 3 4 5 6 2030", "0 0 12 ? * 2#1", "H H(0-7) * * *", "every_5m", "2026-03-15T10:00:00.000Z",
    ].map { Array($0.utf8) }
    private let json = [
        #"{"cron":"0 9 * * *","timezone":"Europe/Berlin","maximumRuns":3}"#,
        #"{"every":"15m","anchor":"2026-03-15T10:00:00Z"}"#,
        #"{"union":[{"immediately":true},{"every":"5m"}],"smoothing":{"key":"a","window":"1m"}}"#,
    ].map { Array($0.utf8) }
    private let file: [UInt8]
    private let zones: [TimeZoneRules]

    init(seed: UInt64) {
        numbers = SeededGenerator(seed: seed)
        zones = ["UTC", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe"].compactMap {
            try? TimeZoneDatabase.system.rules(for: $0)
        }
        let path = (TimeZoneDatabase.system.directory ?? URL(fileURLWithPath: "/usr/share/zoneinfo")).path
        file = FileManager.default.contents(atPath: path + "/America/New_York").map { Array($0) } ?? []
    }

    private mutating func random(_ limit: Int) -> Int {
        Int(numbers.next() % UInt64(limit))
    }

    private mutating func mutated(_ source: [UInt8], raw: Bool) -> [UInt8] {
        var bytes = source
        for _ in 0...random(4) where !bytes.isEmpty {
            let place = random(bytes.count)
            let byte = raw ? UInt8(random(256)) : alphabet[random(alphabet.count)]
            switch random(raw ? 4 : 3) {
            case 0: bytes[place] = byte
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(byte, at: place)
            default: bytes.removeLast(random(bytes.count))
            }
        }
        return bytes
    }

    private mutating func date() -> Date {
        switch random(20) {
        case 0: Date(timeIntervalSince1970: Double(bitPattern: UInt64(random(.max)) << 1))
        case 1:
            Date(
                timeIntervalSince1970: [.infinity, -.infinity, .nan, 1e300, -62_135_596_800, 253_402_300_799][random(6)]
            )
        default: Date(timeIntervalSince1970: Double(random(20_000_000_000) - 5_000_000_000) + Double(random(4)) / 4)
        }
    }

    private mutating func text() {
        var bytes = (0..<random(24)).map { _ in alphabet[random(alphabet.count)] }
        if random(4) != 0 { bytes = mutated(samples[random(samples.count)], raw: random(20) == 0) }
        let text = String(decoding: bytes, as: UTF8.self)
        let dialects: [CronDialect] = [.standard, .standard, .quartz, .vixie]
        do {
            let expression = try CronExpression(text, dialect: dialects[random(4)], hashSeed: "seed")
            let zone = zones[random(zones.count)]
            let start = date()
            let policies: [DaylightSavingPolicy] = [
                .automatic, .missing(.shift, repeated: .second), .missing(.skip, repeated: .first),
            ]
            let policy = policies[random(3)]
            if let next = expression.next(after: start, in: zone, daylightSaving: policy) {
                precondition(next > start)
                let back = expression.previous(before: next.addingTimeInterval(1), in: zone, daylightSaving: policy)
                precondition(back == next, "\(text): \(next.timeIntervalSince1970)")
            }
            if random(50) == 0 {
                let again = try CronExpression(expression.description, dialect: expression.dialect, hashSeed: "seed")
                precondition(again == expression, text)
                precondition(!expression.summary.isEmpty && expression.warnings.count < 20)
            }
        } catch {
            precondition(!error.message.isEmpty)
        }
        if random(10) == 0, let schedule = try? Schedule.parse(text) { _ = schedule.next(after: date()) }
    }

    private mutating func zoneFile() {
        guard let rules = try? TimeZoneRules(identifier: "Fuzz", tzif: Data(mutated(file, raw: true))) else { return }
        let start = date()
        if let change = rules.nextTransition(after: start) { precondition(change > start) }
        precondition(abs(rules.secondsFromGMT(for: start)) < 93_600)
        guard random(4) == 0, let expression = try? CronExpression("30 2 * * *") else { return }
        if let next = expression.next(after: start, in: rules) { precondition(next > start) }
    }

    private mutating func schedule() {
        let bytes = mutated(json[random(json.count)], raw: false)
        guard let schedule = try? JSONDecoder().decode(Schedule.self, from: Data(bytes)) else { return }
        let start = date()
        if let next = schedule.next(after: start) { precondition(next > start) }
        _ = schedule.summary
    }

    func run(_ count: Int) {
        var copy = self
        let clock = ContinuousClock()
        var slowest = Duration.zero
        let start = clock.now
        for index in 0..<count {
            let before = clock.now
            // Zone files and JSON cost a hundred times as much as a text.
            switch index % 100 {
            case 0: copy.schedule()
            case 1...10: copy.zoneFile()
            default: copy.text()
            }
            slowest = max(slowest, before.duration(to: clock.now))
        }
        print("\(count) inputs in \(start.duration(to: clock.now)); the slowest took \(slowest)")
    }
}
