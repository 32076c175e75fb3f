import Foundation
import Testing

@testable import RotaHTTP

@Suite("Attack: small defects")
struct SmallDefectTests {
    @Test("a webhook's id with a dot is refused on receipt too: it could be a part of another message")
    func dottedID() throws {
        let now = Date(timeIntervalSince1970: 1_700_000_000)
        let secret = try WebhookSecret("a secret of ours")
        let scheme = WebhookSignature.standard
        let signed = try scheme.sign(body: Data("1700000100.evil".utf8), id: "msg", at: now, with: [secret])
        var forged = signed
        forged["webhook-id"] = "msg.1700000000"
        forged["webhook-timestamp"] = "1700000100"
        let error = #expect(throws: HTTPRequestError.self) {
            try scheme.verify(headers: forged, body: Data("evil".utf8), at: now, with: [secret])
        }
        #expect(error?.code == .badSignature)
    }

    @Test("a matcher too deep to be decoded is refused when the template is made")
    func deepMatcher() throws {
        var matcher = ResponseMatcher.status(.equals(200))
        for _ in 1..<32 { matcher = .not(matcher) }
        let fits = try RequestTemplate(
            method: .get, url: "https://example.com/", success: SuccessRule(matching: matcher))
        #expect(try JSONDecoder().decode(RequestTemplate.self, from: JSONEncoder().encode(fits)) == fits)
        let error = #expect(throws: HTTPRequestError.self) {
            try RequestTemplate(
                method: .get, url: "https://example.com/", success: SuccessRule(matching: .not(matcher)))
        }
        #expect(error?.code == .badRule)
    }

    @Test("a look-up that nobody waits for any more takes no turn from those that are waited for")
    func abandonedLookups() {
        let gate = LookupGate(width: 1)
        let waiters = (0..<4).map { _ in LookupWaiter() }
        for (host, waiter) in zip(["a", "b", "c", "d"], waiters) { gate.join(host, waiter) { _ in } }
        for waiter in waiters[1...2] { waiter.finish(.failure(TransportError(.canceled, "gone"))) }
        #expect(gate.leave("a", .success([])) == "d")
        #expect(gate.leave("d", .success([])) == nil)
        var started: [String] = []
        gate.join("b", LookupWaiter()) { started.append($0) }
        #expect(started == ["b"])
    }

    @Test("a refused template does not show the password that its URL carries")
    func passwordInError() {
        let error = #expect(throws: HTTPRequestError.self) {
            try RequestTemplate.get("https://user:hunter2{{attempt}}@example.com/")
        }
        #expect(error.map { "\($0)".contains("hunter2") } == false)
    }
}
