import Foundation
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

@Suite("Records")
struct RecordValueTests {
    @Test("Identifiers are UUIDs of version 7 and grow within a millisecond and when the clock steps back")
    func identifiers() throws {
        let generator = TimeOrderedIDGenerator(random: SeededGenerator(seed: 3))
        var last: UInt128 = 0
        var date = Date(timeIntervalSince1970: 1_767_225_600)
        for step in 0..<20_000 {
            if step == 5000 { date += 1 }
            if step == 10_000 { date -= 3600 }
            let bits = generator.makeID(at: date)
            #expect(bits > last)
            last = bits
            let text = Array(JobID(bits: bits).description)
            #expect(text.count == 36 && text[14] == "7" && "89ab".contains(text[19]))
        }
        for date in [
            Date.distantPast, .distantFuture, Date(timeIntervalSince1970: .infinity), Date(timeIntervalSince1970: .nan),
        ] {
            _ = TimeOrderedIDGenerator(random: SeededGenerator(seed: 1)).makeID(at: date)
        }
    }

    @Test("An identifier converts to the text of a UUID and back")
    func identifierText() throws {
        let text = "018f3b5c-7a00-7123-8abc-0123456789ab"
        let id = try #require(JobID(text))
        #expect(id.description == text)
        #expect(JobID(text.uppercased()) == id)
        #expect(JobID(uuid: id.uuid) == id)
        #expect(try JSONDecoder().decode([JobID].self, from: JSONEncoder().encode([id])) == [id])
        #expect(JobID("42") == nil)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([JobID].self, from: Data(#"["x"]"#.utf8)) }
    }

    @Test("Only the listed status transitions are allowed, and none leaves a final status", .rows("T-70"))
    func moves() {
        let allowed: [ExecutionStatus: Set<ExecutionStatus>] = [
            .queued: [.running, .canceled, .expired],
            .running: [.queued, .waiting, .succeeded, .failed, .canceled],
            .waiting: [.queued, .succeeded, .failed, .canceled, .expired],
        ]
        for from in ExecutionStatus.allCases {
            for to in ExecutionStatus.allCases {
                #expect(from.canMove(to: to) == (allowed[from]?.contains(to) ?? false))
            }
            #expect(from.isTerminal == (allowed[from] == nil))
        }
    }

    @Test("A job and an execution survive a round trip through JSON")
    func json() throws {
        let job = try StoreSamples.job(1)
        #expect(try JSONDecoder().decode(Job.self, from: JSONEncoder().encode(job)) == job)
        let execution = StoreSamples.execution(2, of: job, at: job.createdAt)
        #expect(try JSONDecoder().decode(Execution.self, from: JSONEncoder().encode(execution)) == execution)
    }

    @Test("A payload accepts any JSON value and refuses everything else")
    func payload() throws {
        #expect(try JSONPayload(["a": [1, 2]]).decode([String: [Int]].self) == ["a": [1, 2]])
        #expect(try JSONPayload("text").decode(String.self) == "text")
        #expect(throws: DecodingError.self) { try JSONPayload(json: Data("{".utf8)) }
        let payload = try JSONPayload(7)
        #expect(try JSONDecoder().decode([JSONPayload].self, from: JSONEncoder().encode([payload])) == [payload])
    }

    @Test(
        "A misfire policy has a stable JSON form",
        arguments: [
            (#"{"policy":"skip"}"#, MisfirePolicy.skip), (#"{"policy":"latest"}"#, .latest),
            (#"{"limit":3,"policy":"all"}"#, .all(limit: 3)),
            (#"{"maximumLateness":5,"policy":"skip"}"#, .skip(maximumLateness: .seconds(5))),
            (#"{"limit":3,"maximumLateness":90,"policy":"all"}"#, .all(limit: 3, maximumLateness: .seconds(90))),
        ])
    func misfirePolicy(_ json: String, _ policy: MisfirePolicy) throws {
        #expect(try JSONDecoder().decode(MisfirePolicy.self, from: Data(json.utf8)) == policy)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(String(decoding: try encoder.encode(policy), as: UTF8.self) == json)
    }

    @Test(
        "A misfire policy of the first format is read, and a limit is clamped in both formats",
        arguments: [
            (#"{"policy":"all","limit":0}"#, MisfirePolicy.all(limit: 1)),
            (#"{"policy":"all","limit":10001}"#, .all(limit: 10_000)),
            (#"{"rule":{"skip":{}}}"#, .skip), (#"{"rule":{"all":{"limit":3}}}"#, .all(limit: 3)),
            (#"{"rule":{"latest":{}},"maximumLateness":5}"#, .latest(maximumLateness: .seconds(5))),
            (#"{"rule":{"all":{"limit":-7}}}"#, .all(limit: 1)),
            (#"{"rule":{"all":{"limit":9223372036854775807}}}"#, .all(limit: 10_000)),
        ])
    func earlierMisfirePolicy(_ json: String, _ policy: MisfirePolicy) throws {
        #expect(try JSONDecoder().decode(MisfirePolicy.self, from: Data(json.utf8)) == policy)
    }

    @Test(
        "A misfire policy that cannot be is refused",
        arguments: [#"{"policy":"never"}"#, #"{"policy":"all"}"#, #"{"rule":{"never":{}}}"#, "{}", #""latest""#])
    func wrongMisfirePolicy(_ json: String) {
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(MisfirePolicy.self, from: Data(json.utf8))
        }
    }

    @Test("Counts of a batch that cannot be are refused, and those that can be are read")
    func batchCounts() throws {
        func read(_ json: String) throws -> BatchCounts {
            try JSONDecoder().decode(BatchCounts.self, from: Data(json.utf8))
        }
        let counts = try read(#"{"total":5,"succeeded":2,"failed":1}"#)
        #expect(counts.unfinished == 2 && counts.canceled == 0)
        #expect(try read(String(decoding: JSONEncoder().encode(counts), as: UTF8.self)) == counts)
        for wrong in [
            #"{"total":-1}"#, #"{"total":1,"succeeded":2}"#, #"{"total":5,"succeeded":3,"failed":3}"#,
            #"{"total":9223372036854775807,"succeeded":9223372036854775807,"failed":9223372036854775807}"#,
            #"{"total":-9223372036854775808,"succeeded":1}"#, #"{"total":3,"canceled":-1}"#,
        ] {
            #expect(throws: DecodingError.self, "\(wrong)") { try read(wrong) }
        }
    }
}
