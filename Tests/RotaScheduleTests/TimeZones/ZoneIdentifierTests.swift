import Testing

@testable import RotaSchedule

@Suite struct ZoneIdentifierTests {
    @Test("A zone that only Foundation knows keeps its name and is read once", arguments: ["GMT+1", "UTC+5"])
    func foundationNames(name: String) throws {
        let first = try TimeZoneDatabase.system.table(name)
        #expect(first.identifier == name)
        #expect(first === (try TimeZoneDatabase.system.table(name)))
    }

    @Test(
        "An offset with misplaced colons is not a zone",
        arguments: ["GMT+0::1:", "UTC+:::01", "GMT+010:0", "GMT+01:00:"])
    func strayColons(name: String) {
        #expect(!TimeZoneDatabase.system.contains(name))
    }

    @Test(
        "An offset with or without colons is a zone",
        arguments: ["GMT+01", "UTC+05:30", "GMT-0330", "GMT+01:00:30"])
    func offsets(name: String) {
        #expect(TimeZoneDatabase.system.contains(name))
    }
}
