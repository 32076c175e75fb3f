import Foundation
import RotaAPI
import RotaHTTP
import RotaTestSupport
import Testing

@Suite("Who may do what")
struct AccessTests {
    @Test("A request without a known token is refused", .routes("T-60"), arguments: [nil, "not-the-token", ""])
    func unknown(_ token: String?) async {
        let answer = await APIBench(.trigrun).send("GET", "/v1/jobs", token: token)
        #expect(answer.status == 401)
        #expect(answer.error?["code"] == "unauthorized")
        #expect(answer.response.headers["WWW-Authenticate"] == "Bearer")
    }

    @Test("A token that may only read changes nothing", .routes("K-34"))
    func readOnly() async {
        let bench = APIBench(.trigrun)
        #expect(await bench.send("GET", "/v1/jobs", token: "read-token").status == 200)
        let answer = await bench.send("POST", "/v1/jobs", TrigRunTests.report, token: "read-token")
        #expect(answer.status == 403)
        #expect(answer.error?["code"] == "forbidden")
        #expect(await bench.send("GET", "/v1/jobs").data?.elements.isEmpty == true)
    }

    @Test("The app refuses with a status and a word of its own", .routes("I-39"))
    func refusal() async {
        let answer = await APIBench(.trigrun).send("GET", "/v1/jobs", token: "poor-token")
        #expect(answer.status == 402)
        #expect(answer.error?["code"] == "INSUFFICIENT_CREDIT")
    }
}
