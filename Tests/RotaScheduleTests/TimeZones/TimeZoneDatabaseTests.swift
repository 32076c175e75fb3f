import Foundation
import RotaSchedule
import Testing

@Suite struct TimeZoneDatabaseTests {
    /// British Columbia stays on UTC−7 from 8 March 2026 on (tzdata 2026a).
    ///
    /// Before, it changed twice a year.
    private static let vancouver = TZifWriter(
        firstOffset: -28_800,
        changes: [(1_741_514_400, -25_200), (1_762_074_000, -28_800), (1_772_964_000, -25_200)], footer: "MST7")

    @Test("America/Vancouver follows the folder it is given")
    func vancouver() throws {
        let folder = try TemporaryFolder()
        try folder.write(Self.vancouver.data, to: "America/Vancouver")
        try folder.write(Data("2026a\n".utf8), to: "+VERSION")
        let database = try TimeZoneDatabase(directory: folder.url)
        #expect(database.version == "2026a")
        #expect(database.identifiers == ["America/Vancouver"])
        let rules = try database.rules(for: "America/Vancouver")
        let december = utc("2026-12-01T12:00:00Z")
        #expect(rules.secondsFromGMT(for: december) == -7 * 3_600)
        #expect(rules.secondsFromGMT(for: utc("2040-01-15T12:00:00Z")) == -7 * 3_600)
        #expect(rules.secondsFromGMT(for: utc("2025-12-01T12:00:00Z")) == -8 * 3_600)
        let noon = try CronExpression("0 12 * * *")
        #expect(text(noon.next(after: december, in: rules)) == "2026-12-01T19:00:00Z")
    }

    @Test("A database can move to another folder")
    func anotherFolder() throws {
        let old = try TemporaryFolder()
        try old.write(TZifWriter(firstOffset: 3_600, footer: "XXX-1").data, to: "Test/Zone")
        let new = try TemporaryFolder()
        try new.write(TZifWriter(firstOffset: 7_200, footer: "XXX-2").data, to: "Test/Zone")
        let database = try TimeZoneDatabase(directory: old.url)
        let now = utc("2026-01-01T00:00:00Z")
        #expect(try database.rules(for: "Test/Zone").secondsFromGMT(for: now) == 3_600)
        try database.reload(from: new.url)
        #expect(try database.rules(for: "Test/Zone").secondsFromGMT(for: now) == 7_200)
        #expect(database.directory?.path == new.url.path)
        #expect(throws: TimeZoneError.self) { try database.reload(from: new.url.appendingPathComponent("missing")) }
        #expect(try database.rules(for: "Test/Zone").secondsFromGMT(for: now) == 7_200)
    }

    @Test("A reload reads changed files")
    func reload() throws {
        let folder = try TemporaryFolder()
        try folder.write(TZifWriter(firstOffset: 3_600, footer: "XXX-1").data, to: "Test/Zone")
        let database = try TimeZoneDatabase(directory: folder.url)
        let now = utc("2026-01-01T00:00:00Z")
        #expect(try database.rules(for: "Test/Zone").secondsFromGMT(for: now) == 3_600)
        try folder.write(TZifWriter(firstOffset: 5_400, footer: "XXX-1:30").data, to: "Test/Zone")
        #expect(try database.rules(for: "Test/Zone").secondsFromGMT(for: now) == 3_600, "cached until asked")
        database.reload()
        #expect(try database.rules(for: "Test/Zone").secondsFromGMT(for: now) == 5_400)
        // A file that is damaged later leaves the rules unchanged.
        try folder.write(Data("TZif".utf8), to: "Test/Zone")
        database.reload()
        #expect(try database.rules(for: "Test/Zone").secondsFromGMT(for: now) == 5_400)
    }

    @Test("Every zone agrees with Foundation's if both have the same release")
    func foundation() throws {
        let database = TimeZoneDatabase.system
        // Names without a region (WET, EST) are links in some packages and separate zones in others.
        let same = database.version == TimeZone.timeZoneDataVersion
        let limit: Double = same ? 2_145_916_800 : 0
        var compared = 0
        for identifier in database.identifiers where same && identifier.contains("/") {
            guard let zone = TimeZone(identifier: identifier) else { continue }
            let rules = try database.rules(for: identifier)
            var cursor = Date(timeIntervalSince1970: 0)
            while let change = rules.nextTransition(after: cursor), change.timeIntervalSince1970 < limit {
                for instant in [change.addingTimeInterval(-1), change] {
                    #expect(
                        rules.secondsFromGMT(for: instant) == zone.secondsFromGMT(for: instant),
                        "\(identifier) at \(instant)")
                }
                cursor = change
                compared += 1
            }
        }
        #expect(!same || compared > 10_000)
    }

    @Test(
        "A name that cannot be a zone is refused before it becomes a path",
        arguments: [
            "", "/etc/passwd", "../../etc/passwd", "Europe/../../../etc/passwd", "Europe//Berlin", ".hidden", "-rf",
            "Europe/Berlin/", "Europe/Ber lin", "Europe/Berlin\0", "Zürich", String(repeating: "A", count: 300),
        ])
    func unsound(identifier: String) throws {
        let error = #expect(throws: TimeZoneError.self) { try TimeZoneDatabase.system.rules(for: identifier) }
        #expect(error?.code == .invalidIdentifier)
        #expect(error?.value == identifier)
        #expect(!TimeZoneDatabase.system.contains(identifier))
    }

    @Test("The error for an unknown zone suggests a similar name")
    func suggestions() {
        for (wrong, right) in [
            ("America/New_york", "America/New_York"), ("europe/berlin", "Europe/Berlin"), ("Berlin", "Europe/Berlin"),
            ("America/NewYork", "America/New_York"),
        ] {
            let error = #expect(throws: ScheduleError.self) { try Schedule.cron("0 9 * * *", in: wrong) }
            #expect(error?.code == .timeZone)
            #expect(error?.message.contains("did you mean \"\(right)\"?") == true, "\(error?.message ?? "")")
        }
        let error = #expect(throws: ScheduleError.self) { try Schedule.cron("0 9 * * *", in: "Mars/Olympus_Mons") }
        #expect(error?.message.contains("IANA") == true)
    }

    @Test(
        "Fixed offsets need no file",
        arguments: [
            ("GMT", 0), ("UTC", 0), ("GMT+0530", 19_800), ("GMT-08:00", -28_800), ("UTC+2", 7_200), ("GMT+2560", nil),
        ]
            as [(String, Int?)])
    func fixedOffsets(identifier: String, offset: Int?) throws {
        let folder = try TemporaryFolder()
        let database = try TimeZoneDatabase(directory: folder.url)
        let rules = try? database.rules(for: identifier)
        #expect(rules?.secondsFromGMT(for: .distantPast) == offset)
    }

    @Test("Foundation's fixed offset zones work through the public call")
    func foundationOffsets() throws {
        let zone = try #require(TimeZone(secondsFromGMT: -12_600))
        let noon = try CronExpression("0 12 * * *")
        #expect(text(noon.next(after: utc("2026-01-01T00:00:00Z"), in: zone)) == "2026-01-01T15:30:00Z")
    }

    @Test("The system database lists its zones")
    func system() {
        let database = TimeZoneDatabase.system
        #expect(database.contains("Europe/Berlin"))
        #expect(database.identifiers.contains("America/New_York"))
        #expect(database.identifiers.allSatisfy { !$0.hasPrefix("posix/") && !$0.hasPrefix("right/") })
        #expect(throws: TimeZoneError.self) {
            try TimeZoneDatabase(directory: URL(fileURLWithPath: "/nonexistent/zoneinfo"))
        }
    }

    @Test("Many threads read all zones at once")
    func concurrentReads() async throws {
        let identifiers = TimeZoneDatabase.system.identifiers
        let daily = try CronExpression("0 12 * * *")
        let start = utc("2026-06-01T00:00:00Z")
        let results = try await withThrowingTaskGroup(of: [Int?].self) { group in
            for _ in 0..<8 {
                group.addTask {
                    try identifiers.map {
                        seconds(daily.next(after: start, in: try TimeZoneDatabase.system.rules(for: $0)))
                    }
                }
            }
            return try await group.reduce(into: [[Int?]]()) { $0.append($1) }
        }
        #expect(results.count == 8 && Set(results).count == 1)
    }
}
