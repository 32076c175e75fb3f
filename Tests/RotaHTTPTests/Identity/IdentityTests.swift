import Foundation
import RotaCore
import RotaHTTP
import RotaTestSupport
import RotaTesting
import Testing

@Suite("ExecutionIdentity")
struct IdentityTests {
    private let identity = ExecutionIdentity(
        executionID: "exec-1", jobID: "job-1", scheduledFor: Date(timeIntervalSince1970: 1_763_722_515), attempt: 2)

    private func request(_ headers: HTTPHeaders = [:]) throws -> HTTPRequest {
        try HTTPRequest(url: #require(URL(string: "https://example.com/")), headers: headers)
    }

    @Test("Every request says which execution, job, date and attempt it is", .rows("T-94", "TX-9"))
    func headers() throws {
        let headers = try request().identified(by: identity).headers
        #expect(headers["X-Cron-Service-Execution-Id"] == "exec-1")
        #expect(headers["X-Cron-Service-Job-Id"] == "job-1")
        #expect(headers["X-Cron-Service-Scheduled-For"] == "2025-11-21T10:55:15.000Z")
        #expect(headers["X-Cron-Service-Attempt"] == "2")
        #expect(headers["Idempotency-Key"] == "exec-1")
    }

    @Test(
        "A job's own headers cannot drop or fake it", .rows("T-94"),
        arguments: ["x-cron-service-execution-id", "IDEMPOTENCY-KEY", "X-Cron-Service-Job-Id"])
    func override(_ name: String) throws {
        let headers = try request([name: "", "X-Mine": "1", name: "faked"]).identified(by: identity).headers
        #expect(headers.values(name).count == 1)
        #expect(["exec-1", "job-1"].contains(headers[name]))
        #expect(headers["X-Mine"] == "1")
    }

    @Test("Names are configurable, and each can be left out", .rows("T-94"))
    func names() throws {
        let names = IdentityHeaders(
            executionID: "X-Run", jobID: nil, scheduledFor: nil, attempt: nil, idempotencyKey: nil)
        let headers = try request().identified(by: identity, names: names).headers
        #expect(headers.fields.map(\.name) == ["X-Run"])
        #expect(throws: HTTPRequestError.self) {
            try request().identified(by: identity, names: .init(executionID: "a b"))
        }
        #expect(throws: HTTPRequestError.self) {
            try request().identified(by: identity, names: .init(executionID: "Host"))
        }
        var bad = identity
        bad.jobID = "a\r\nb"
        #expect(throws: HTTPRequestError.self) { try request().identified(by: bad) }
    }

    @Test("Dates are written like Foundation writes them", .rows("TX-9"), arguments: 0..<6)
    func instants(_ seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        for _ in 0..<200 {
            let milliseconds = Int64.random(in: -60_000_000_000_000...250_000_000_000_000, using: &random)
            let date = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
            guard date.timeIntervalSince1970 > -12_000_000_000 else { continue }  // Foundation turns Julian before 1582
            let text = ISO8601.milliseconds(date)
            let back = formatter.date(from: text)
            #expect(abs((back ?? .distantPast).timeIntervalSince(date)) < 0.0015, "\(text)")
        }
    }

    @Test(
        "Dates beyond four digits of year are clamped, not trapped on",
        arguments: [
            (Double.infinity, "9999-12-31T23:59:59.999Z"), (-.infinity, "0000-01-01T00:00:00.000Z"),
            (.nan, "1970-01-01T00:00:00.000Z"),
            (1e300, "9999-12-31T23:59:59.999Z"), (-0.001, "1969-12-31T23:59:59.999Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
        ])
    func clamped(_ seconds: Double, _ expected: String) {
        #expect(ISO8601.milliseconds(Date(timeIntervalSince1970: seconds)) == expected)
    }
}
