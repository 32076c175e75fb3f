import Foundation
import RotaSchedule
import RotaTesting
import Testing

@Suite struct TZifTests {
    private func rules(_ writer: TZifWriter) throws -> TimeZoneRules {
        try TimeZoneRules(identifier: "Test/Zone", tzif: writer.data)
    }

    @Test(
        "The rule in the footer can have every form that POSIX allows",
        arguments: [
            ("EST5EDT,M3.2.0,M11.1.0", "2200-07-01T00:00:00Z", -14_400),
            ("EST5EDT,M3.2.0,M11.1.0", "2200-12-01T00:00:00Z", -18_000),
            ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2300-01-01T00:00:00Z", 39_600),
            ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2300-06-01T00:00:00Z", 37_800),
            ("IST-2IDT,M3.4.4/26,M10.5.0", "2150-07-01T00:00:00Z", 10_800),
            ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2150-07-01T00:00:00Z", -3_600),
            ("XXX3EDT4,0/0,J365/23", "2150-07-01T00:00:00Z", -14_400),
            ("IST-1GMT0,M10.5.0,M3.5.0/1", "2150-01-01T00:00:00Z", 0),
            ("IST-1GMT0,M10.5.0,M3.5.0/1", "2150-07-01T00:00:00Z", 3_600),
            ("AAA0BBB,J60,J300", "2104-03-01T01:59:59Z", 0), ("AAA0BBB,J60,J300", "2104-03-01T02:00:00Z", 3_600),
            ("AAA0BBB,59,300", "2104-02-29T02:00:00Z", 3_600), ("UTC0", "2500-01-01T00:00:00Z", 0),
        ])
    func footers(footer: String, at: String, offset: Int) throws {
        let zone = try rules(TZifWriter(changes: [(0, 0)], footer: footer))
        #expect(zone.secondsFromGMT(for: utc(at)) == offset)
    }

    @Test("The rule holds in the year 9000 as in 2600")
    func farFuture() throws {
        let zone = try rules(TZifWriter(changes: [(0, -18_000)], footer: "EST5EDT,M3.2.0,M11.1.0"))
        for year in [2_099, 2_100, 2_101, 2_102, 2_103, 2_400, 2_401, 2_799, 2_800, 4_000, 9_000] {
            let calendar = Calendar(identifier: .gregorian)
            var march = DateComponents(timeZone: .gmt, year: year, month: 3, day: 8, hour: 7)
            while let day = march.day, let date = calendar.date(from: march) {
                var gmt = calendar
                gmt.timeZone = .gmt
                guard gmt.component(.weekday, from: date) != 1 else {
                    #expect(zone.secondsFromGMT(for: date.addingTimeInterval(-1)) == -18_000)
                    #expect(zone.secondsFromGMT(for: date) == -14_400, "\(year)")
                    #expect(zone.nextTransition(after: date.addingTimeInterval(-86_400)) == date)
                    break
                }
                march.day = day + 1
            }
        }
    }

    @Test("A file of version 1 has no rule")
    func versionOne() throws {
        let zone = try rules(TZifWriter(version: 0, firstOffset: 0, changes: [(1_000_000_000, 3_600)]))
        #expect(zone.secondsFromGMT(for: utc("1990-01-01T00:00:00Z")) == 0)
        #expect(zone.secondsFromGMT(for: utc("2090-01-01T00:00:00Z")) == 3_600)
    }

    @Test("A rule without any change holds for all time")
    func ruleAlone() throws {
        let zone = try rules(TZifWriter(footer: "EST5EDT,M3.2.0,M11.1.0"))
        #expect(zone.secondsFromGMT(for: utc("1950-07-01T00:00:00Z")) == -14_400)
        #expect(zone.secondsFromGMT(for: utc("1950-01-01T00:00:00Z")) == -18_000)
    }

    @Test("A truncated file is an error")
    func truncated() {
        let whole = TZifWriter(changes: [(0, 3_600), (100, 7_200)], footer: "XXX-2YYY,M3.2.0,M11.1.0").data
        for length in 0..<whole.count {
            let error = #expect(throws: TimeZoneError.self) {
                try TimeZoneRules(identifier: "Cut", tzif: whole.prefix(length))
            }
            #expect(error?.code == .damagedFile)
        }
        #expect(throws: Never.self) { try TimeZoneRules(identifier: "Whole", tzif: whole) }
    }

    @Test(
        "The error names the damage",
        arguments: [
            (TZifWriter(changes: [(100, 0), (0, 0)]), "out of order"),
            (TZifWriter(firstOffset: 100_000), "out of range"),
            (TZifWriter(footer: "nonsense"), "not a rule"),
            (TZifWriter(footer: "EST5EDT"), "not a rule"),
            (TZifWriter(footer: "EST5EDT,M13.2.0,M11.1.0"), "not a rule"),
            (TZifWriter(footer: "EST5EDT,M3.2.0/200,M11.1.0"), "not a rule"),
        ] as [(TZifWriter, String)])
    func damage(writer: TZifWriter, reason: String) {
        let error = #expect(throws: TimeZoneError.self) {
            try TimeZoneRules(identifier: "Bad", tzif: writer.data)
        }
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }

    @Test("A file with leap seconds is refused")
    func leapSeconds() throws {
        let url = URL(fileURLWithPath: "/usr/share/zoneinfo/right/Europe/Berlin")
        guard let data = try? Data(contentsOf: url) else { return }
        let error = #expect(throws: TimeZoneError.self) { try TimeZoneRules(identifier: "right", tzif: data) }
        #expect(error?.message.contains("leap seconds") == true)
    }

    @Test("A damaged file in a given folder is an error")
    func damagedInFolder() throws {
        let folder = try TemporaryFolder()
        try folder.write(Data("TZif2 and then nothing".utf8), to: "Europe/Berlin")
        let error = #expect(throws: TimeZoneError.self) {
            try TimeZoneDatabase(directory: folder.url).rules(for: "Europe/Berlin")
        }
        #expect(error?.code == .damagedFile)
    }

    @Test("A file of 60,000 changes a second apart is read quickly")
    func dense() throws {
        let changes = (0..<60_000).map { (instant: $0, offset: $0 % 2 * 3_600) }
        let data = DenseTZif(changes: changes).data
        let zone = try TimeZoneRules(identifier: "Dense", tzif: data)
        #expect(zone.secondsFromGMT(for: Date(timeIntervalSince1970: 101)) == 3_600)
        let next = try #require(CronExpression("30 2 * * *").next(after: Date(timeIntervalSince1970: 0), in: zone))
        #expect(next > Date(timeIntervalSince1970: 0))
    }

    @Test("A local time occurs once, twice or not at all")
    func localTimes() throws {
        let zone = try rules(TZifWriter(changes: [(0, -18_000)], footer: "EST5EDT,M3.2.0,M11.1.0"))
        let plain = try #require(LocalTime(year: 2026, month: 3, day: 7, hour: 2, minute: 30))
        #expect(zone.dates(of: plain) == .unique(utc("2026-03-07T07:30:00Z")))
        let missing = try #require(LocalTime(year: 2026, month: 3, day: 8, hour: 2, minute: 30))
        #expect(
            zone.dates(of: missing)
                == .gap(end: utc("2026-03-08T07:00:00Z"), shifted: utc("2026-03-08T07:30:00Z")))
        let twice = try #require(LocalTime(year: 2026, month: 11, day: 1, hour: 1, minute: 30))
        #expect(
            zone.dates(of: twice)
                == .overlap(first: utc("2026-11-01T05:30:00Z"), last: utc("2026-11-01T06:30:00Z")))
        #expect(zone.localTime(at: utc("2026-11-01T06:30:00Z")) == twice)
        #expect(LocalTime(year: 2026, month: 2, day: 29) == nil)
        #expect(twice.description == "2026-11-01T01:30:00")
    }

    @Test("A damaged zone file gives rules or an error")
    func zoneFiles() {
        var random = SeededGenerator(seed: 0x201F)
        let whole = TZifWriter(
            changes: (0..<40).map { ($0 * 15_000_000, $0 % 2 * 3_600) }, footer: "EST5EDT,M3.2.0,M11.1.0"
        ).data
        for _ in 0..<5_000 {
            var data = whole
            for _ in 0..<random.int(1...4) { data[random.int(0...(data.count - 1))] = UInt8(random.int(0...255)) }
            guard let rules = try? TimeZoneRules(identifier: "Fuzz", tzif: data) else { continue }
            let start = Date(timeIntervalSince1970: Double(random.int(-4_000_000_000...9_000_000_000)))
            if let change = rules.nextTransition(after: start) { #expect(change > start) }
            #expect(abs(rules.secondsFromGMT(for: start)) <= 93_600)
        }
    }
}
