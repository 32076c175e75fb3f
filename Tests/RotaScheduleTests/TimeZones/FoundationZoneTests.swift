import Foundation
import RotaTesting
import Testing

@testable import RotaSchedule

@Suite("Zones compiled from Foundation")
struct FoundationZoneTests {
    static let zones = [
        "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Jerusalem", "America/Nuuk", "America/Havana",
        "Antarctica/Troll", "Africa/Cairo", "Europe/Dublin", "Africa/Casablanca", "Asia/Tokyo", "Etc/GMT+5",
    ]

    @Test(
        "Daylight saving continues for all time", arguments: [2_199, 2_200, 2_201, 2_300, 2_599, 2_600, 4_000, 9_000])
    func continues(year: Int) throws {
        let table = FoundationZone.table(try #require(TimeZone(identifier: "America/New_York")))
        let zone = TimeZoneRules(table: table)
        #expect(zone.secondsFromGMT(for: utc("\(year)-01-15T12:00:00Z")) == -18_000)
        #expect(zone.secondsFromGMT(for: utc("\(year)-07-15T12:00:00Z")) == -14_400)
        let noon = try CronExpression("0 12 * * *")
        #expect(text(noon.next(after: utc("\(year)-07-15T00:00:00Z"), in: zone)) == "\(year)-07-15T16:00:00Z")
    }

    @Test("A zone without files agrees with Foundation at random dates", arguments: zones)
    func agrees(name: String) throws {
        let zone = try #require(TimeZone(identifier: name))
        let rules = TimeZoneRules(table: FoundationZone.table(zone))
        var random = SeededGenerator(seed: 0xF0)
        for _ in 0..<3_000 {
            // 1901 to 3400.
            let date = Date(timeIntervalSince1970: Double(random.int(-2_177_452_800...45_126_028_800)))
            #expect(rules.secondsFromGMT(for: date) == zone.secondsFromGMT(for: date), "\(name) at \(date)")
        }
        var cursor = utc("2185-01-01T00:00:00Z")
        while let change = rules.nextTransition(after: cursor), change < utc("2215-01-01T00:00:00Z") {
            #expect(zone.nextDaylightSavingTimeTransition(after: cursor) == change)
            cursor = change
        }
    }

    @Test("A zone without files agrees with its file in the far future", arguments: zones)
    func agreesWithFile(name: String) throws {
        let database = TimeZoneDatabase.system
        guard database.version == TimeZone.timeZoneDataVersion else { return }
        let file = try database.rules(for: name)
        let rules = TimeZoneRules(table: FoundationZone.table(try #require(TimeZone(identifier: name))))
        var random = SeededGenerator(seed: 0xF1)
        for _ in 0..<1_000 {
            let date = Date(timeIntervalSince1970: Double(random.int(4_102_444_800...200_000_000_000)))
            #expect(rules.secondsFromGMT(for: date) == file.secondsFromGMT(for: date), "\(name) at \(date)")
        }
    }

    @Test("A reload keeps the rules of a file that became unreadable, and reports it, instead of Foundation's copy")
    func reload() throws {
        let folder = try TemporaryFolder()
        // Rules that Foundation does not have.
        try folder.write(TZifWriter(firstOffset: 5_400, footer: "XXX-1:30").data, to: "Europe/Berlin")
        let database = TimeZoneDatabase(folder: ZoneFolder(path: folder.url.path), fallsBack: true)
        let now = utc("2026-01-01T00:00:00Z")
        #expect(try database.rules(for: "Europe/Berlin").secondsFromGMT(for: now) == 5_400)
        #expect(try database.rules(for: "Asia/Tokyo").secondsFromGMT(for: now) == 32_400)
        #expect(database.reload().isEmpty)
        try folder.write(Data("TZif".utf8), to: "Europe/Berlin")
        for _ in 0..<2 {
            let errors = database.reload()
            #expect(errors.map(\.value) == ["Europe/Berlin"])
            #expect(try database.rules(for: "Europe/Berlin").secondsFromGMT(for: now) == 5_400)
        }
        // A file that appears replaces Foundation's copy.
        try folder.write(TZifWriter(firstOffset: 30_600, footer: "XXX-8:30").data, to: "Asia/Tokyo")
        database.reload()
        #expect(try database.rules(for: "Asia/Tokyo").secondsFromGMT(for: now) == 30_600)
    }

    @Test("A zone that could not be read is tried again on its next use")
    func triedAgain() throws {
        let folder = try TemporaryFolder()
        let database = try TimeZoneDatabase(directory: folder.url)
        #expect(throws: TimeZoneError.self) { try database.rules(for: "Test/Zone") }
        try folder.write(TZifWriter(firstOffset: 3_600, footer: "XXX-1").data, to: "Test/Zone")
        #expect(try database.rules(for: "Test/Zone").secondsFromGMT(for: .distantPast) == 3_600)
        // Rules that were read stay, whatever happens to the file.
        try FileManager.default.removeItem(at: folder.url.appendingPathComponent("Test/Zone"))
        #expect(try database.rules(for: "Test/Zone").secondsFromGMT(for: .distantPast) == 3_600)
    }
}
