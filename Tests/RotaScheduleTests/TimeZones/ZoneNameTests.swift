import Foundation
import Testing

@testable import RotaSchedule

@Suite("Names of time zones")
struct ZoneNameTests {
    /// A database without a folder, as on a platform without zone files.
    static let withoutFiles = TimeZoneDatabase(folder: nil, fallsBack: true)

    /// Names that Foundation accepts and IANA does not have.
    static let foreign = [
        "ACT", "AET", "AGT", "ART", "AST", "BET", "BST", "CAT", "CNT", "CST", "CTT", "EAT", "ECT", "IET", "IST", "JST",
        "MIT", "NET", "NST", "PLT", "PNT", "PRT", "PST", "SST", "VST", "SystemV/PST8", "SystemV/EST5EDT",
        "US/Pacific-New",
    ]

    @Test("A name that IANA does not have is refused, with or without zone files", arguments: foreign)
    func refused(name: String) {
        for database in [TimeZoneDatabase.system, Self.withoutFiles] {
            let error = #expect(throws: TimeZoneError.self) { try database.rules(for: name) }
            #expect(error?.code == .unknownZone)
        }
        #expect(throws: ScheduleError.self) { try Schedule.cron("0 9 * * *", in: name) }
        #expect(throws: ScheduleError.self) { try ExecutionWindow("* 9 * * *", in: name) }
        let json = Data(#"{"cron":"0 9 * * *","timezone":"\#(name)"}"#.utf8)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Schedule.self, from: json) }
    }

    @Test(
        "A name of the machine's own is refused",
        arguments: ["localtime", "posixrules", "posix/Europe/Berlin", "right/UTC"])
    func ofTheMachine(name: String) {
        #expect(!TimeZoneDatabase.system.contains(name))
    }

    @Test(
        "The error for an abbreviation names the zones that it may mean",
        arguments: [
            ("BST", "did you mean \"Europe/London\" or \"Asia/Dhaka\"?"),
            ("IST", "did you mean \"Asia/Kolkata\" or \"Asia/Jerusalem\" or \"Europe/Dublin\"?"),
            ("pst", "did you mean \"America/Los_Angeles\" or \"Asia/Manila\"?"),
            ("EDT", "did you mean \"America/New_York\"?"), ("SystemV/EST5EDT", "did you mean \"EST5EDT\"?"),
            ("posix/Europe/Berlin", "did you mean \"Europe/Berlin\"?"), ("utc", "did you mean \"UTC\"?"),
            ("Europe/Berlln", "did you mean \"Europe/Berlin\"?"), ("XQZ", "use an IANA name"),
            (" Europe/Berlin\u{A0}", "did you mean \"Europe/Berlin\"?"),
            ("\u{FEFF}Europe/Berlin", "did you mean \"Europe/Berlin\"?"),
            (":Europe/Berlin", "did you mean \"Europe/Berlin\"?"),
        ])
    func suggestions(name: String, hint: String) {
        let error = #expect(throws: TimeZoneError.self) { try TimeZoneDatabase.system.rules(for: name) }
        #expect(error?.message.contains(hint) == true, "\(error?.message ?? "")")
    }

    @Test(
        "A name that IANA has is accepted, with or without zone files",
        arguments: [
            "EST", "MST", "HST", "EST5EDT", "CET", "WET", "GMT", "GMT0", "UTC", "UCT", "Zulu", "GB", "GB-Eire",
            "NZ-CHAT",
            "W-SU", "PRC", "Etc/GMT+5", "Etc/GMT-14", "Etc/UTC", "US/Eastern", "US/Samoa", "Canada/Yukon",
            "Asia/Calcutta", "Asia/Kolkata", "Europe/Kiev", "Europe/Kyiv", "America/Buenos_Aires", "Factory",
        ])
    func accepted(name: String) {
        #expect(Self.withoutFiles.contains(name))
        // Some distributions leave out the older names; Foundation has them then.
        #expect(TimeZoneDatabase.system.contains(name))
    }

    @Test("Without zone files, every name of the system's folder is accepted, and no abbreviation")
    func everyName() {
        let database = Self.withoutFiles
        let missing = TimeZoneDatabase.system.identifiers.filter { !$0.hasPrefix("Test/") && !database.contains($0) }
        #expect(missing == [])
        let regionless = Set(TimeZoneDatabase.system.identifiers + TimeZone.knownTimeZoneIdentifiers)
        for name in TimeZone.abbreviationDictionary.keys where !regionless.contains(name) {
            #expect(!database.contains(name), "\(name)")
        }
    }

    @Test("A Foundation time zone with a name of its own is used as it is, and its name stays unknown")
    func foundationZone() throws {
        let dhaka = try #require(TimeZone(identifier: "BST"))
        let noon = try CronExpression("0 12 * * *")
        #expect(text(noon.next(after: utc("2026-06-01T00:00:00Z"), in: dhaka)) == "2026-06-01T06:00:00Z")
        #expect(!TimeZoneDatabase.system.contains("BST"))
    }

    @Test(
        "An hour of a fixed offset may have one digit", arguments: [("GMT+1", 3_600), ("UTC-8", -28_800), ("GMT+0", 0)])
    func shortOffsets(name: String, offset: Int) throws {
        let database = TimeZoneDatabase(folder: nil, fallsBack: false)
        #expect(try database.rules(for: name).secondsFromGMT(for: .distantPast) == offset)
    }

    @Test("Names of fixed offsets do not fill the memory")
    func manyOffsets() throws {
        let cache = ZoneCache(capacity: 64)
        for second in 0..<200 { cache.store(ZoneTable(identifier: "GMT+\(second)", fixedOffset: Int64(second))) }
        #expect(cache.identifiers.count == 32)
        let rules = try TimeZoneDatabase.system.table("America/New_York")
        cache.store(rules)
        #expect(cache.table("America/New_York") === rules)
        #expect(cache.table("GMT+5")?.identifier == "GMT+5")
        #expect(cache.table("GMT+150") == nil)
    }
}
