import Testing

@testable import RotaStore

@Suite("Rare members")
struct RareTests {
    private static func optionals(of members: some RareMembers) -> [(name: String, isNil: Bool)] {
        Mirror(reflecting: members).children.compactMap { child in
            let value = Mirror(reflecting: child.value)
            return value.displayStyle == .optional ? (child.label ?? "", value.children.isEmpty) : nil
        }
    }

    @Test("An optional rare member is nil by default, as reading and setting it assume")
    func defaults() {
        let all: [any RareMembers] = [
            ExecutionDetails.none, ExecutionProgress.RareParts.none, JobStatistics.none, JobDefinition.RareParts.none,
        ]
        for members in all {
            let optionals = Self.optionals(of: members)
            #expect(!optionals.isEmpty, "\(type(of: members))")
            for member in optionals { #expect(member.isNil, "\(type(of: members)).\(member.name)") }
        }
    }

    @Test("Members that are set to their defaults again take no memory")
    func emptiness() {
        var rare = Rare<JobDefinition.RareParts>()
        rare.breaker = nil
        rare.priority = 0
        #expect(rare.isEmpty)
        rare.deduplicationWindow = .seconds(1)
        rare.priority = 3
        #expect(!rare.isEmpty && rare.deduplicationWindow == .seconds(1))
        var same = Rare<JobDefinition.RareParts>()
        (same.priority, same.deduplicationWindow) = (3, .seconds(1))
        #expect(same == rare)
        rare.deduplicationWindow = nil
        #expect(!rare.isEmpty && rare.priority == 3)
        rare.priority = 0
        #expect(rare.isEmpty && rare == Rare())
    }
}
