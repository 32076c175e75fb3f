import Foundation
import Rota
import RotaHTTP
import RotaStore
import RotaTesting
import Testing

@testable import RotaAPI

@Suite("Dates in answers")
struct DateTests {
    @Test(
        "A service without milliseconds has none in any date, the first and the latest included",
        arguments: [
            (253_402_300_799, "9999-12-31T23:59:59Z"), (253_402_300_800, "9999-12-31T23:59:59Z"),
            (1e13, "9999-12-31T23:59:59Z"), (.infinity, "9999-12-31T23:59:59Z"), (-1e13, "0001-01-01T00:00:00Z"),
            (1.75, "1970-01-01T00:00:01Z"), (.nan, "1970-01-01T00:00:00Z"),
        ] as [(Double, String)])
    func seconds(_ seconds: Double, _ text: String) {
        #expect(TimestampForm.seconds.text(Date(timeIntervalSince1970: seconds)) == .string(text))
    }

    @Test("An execution that expires after the latest date is told in Strait's form")
    func latest() async throws {
        let bench = APIBench(.strait)
        let id = try await StraitTests.create(bench)
        let run = await bench.send("POST", "/v1/jobs/\(id)/trigger", ["scheduled_at": "9999-12-31T23:59:59Z"])
        #expect(run.status == 202, "\(run.text)")
        #expect(run.scheduled_at == "9999-12-31T23:59:59Z" && run.expires_at == "9999-12-31T23:59:59Z", "\(run.text)")
    }
}
