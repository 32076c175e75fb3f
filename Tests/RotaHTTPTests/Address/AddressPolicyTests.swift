import Foundation
import RotaTestSupport
import Testing

@testable import RotaHTTP

@Suite("AddressPolicy")
struct AddressPolicyTests {
    /// A resolver of known names.
    ///
    /// All other names are public.
    struct Book: HostResolver {
        var answers: [String: [String]] = [:]

        func addresses(of host: String) -> [IPAddress] {
            (answers[host] ?? ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"]).compactMap { IPAddress($0) }
        }
    }

    /// Returns the error between a text and a connection, or `nil` if the URL is allowed.
    private func refusal(_ text: String, resolver: Book = Book()) async -> (any Error)? {
        do {
            let parsed = try RequestURL(parsing: text)
            let request = try HTTPRequest(url: #require(URL(string: parsed.text)))
            try await AddressPolicy.publicInternet.check(request.url, resolver: resolver)
            return nil
        } catch { return error }
    }

    @Test("The tables of hostile and harmless URLs are long enough", .rows("T-31"))
    func tables() {
        #expect(Set(HostileURLs.all).count >= 500)
        #expect(Set(HarmlessURLs.all).count >= 200)
    }

    @Test("Hostile URLs are refused", .rows("T-31"))
    func hostile() async {
        for text in HostileURLs.all {
            let error = await refusal(text)
            #expect(error != nil, "\(text.debugDescription) was let through")
            #expect(error is TransportError || error is HTTPRequestError)
        }
    }

    @Test("Harmless URLs are allowed", .rows("T-31", "K-9"))
    func harmless() async {
        for text in HarmlessURLs.all {
            let error = await refusal(text)
            #expect(error == nil, "\(text): \(String(describing: error))")
        }
    }

    @Test(
        "A name with one private address among several is refused",
        arguments: [
            ["8.8.8.8", "10.0.0.1"], ["10.0.0.1"], ["8.8.8.8", "1.1.1.1", "::1"], ["2606:4700::1", "fd00::1"],
            ["8.8.8.8", "169.254.169.254"], ["::ffff:127.0.0.1"], ["64:ff9b::10.0.0.1"], ["8.8.8.8", "0.0.0.0"], [],
        ])
    func mixedAnswers(_ addresses: [String]) async {
        let error = await refusal(
            "https://rebind.example.com/", resolver: Book(answers: ["rebind.example.com": addresses]))
        #expect(error != nil)
        if !addresses.isEmpty { #expect((error as? TransportError)?.code == .forbiddenAddress) }
    }

    @Test("An IPv4-mapped answer is judged as the IPv4 address")
    func mappedAnswer() async {
        let book = Book(answers: ["a.example.com": ["::ffff:8.8.8.8"]])
        #expect(await refusal("https://a.example.com/", resolver: book) == nil)
    }

    @Test("A refusal says what is wrong and how to allow the host")
    func message() async throws {
        let error = try #require(await refusal("http://127.0.0.1:8080/x?token=hidden") as? TransportError)
        #expect(error.code == .forbiddenAddress)
        #expect(error.message.contains("loopback"))
        #expect(error.message.contains("addressPolicy: .publicInternet.adding(hosts: [\"127.0.0.1\"])"))
        #expect(!error.description.contains("hidden"))
    }

    @Test(
        "An allow list allows what it names and nothing else",
        arguments: [
            (["api.example.com"], "http://api.example.com/", true),
            (["api.example.com"], "http://API.example.com.:99/", true),
            (["api.example.com"], "http://example.com/", false),
            (["api.example.com"], "http://x.api.example.com/", false),
            (["*.example.com"], "http://a.b.example.com/", true), (["*.example.com"], "http://example.com/", false),
            (["*.example.com"], "http://notexample.com/", false), (["localhost"], "http://localhost:8080/", true),
            (["localhost:8080"], "http://localhost:8080/", true), (["localhost:8080"], "http://localhost:8081/", false),
            (["127.0.0.1"], "http://127.0.0.1/", true), (["127.0.0.1"], "http://0x7f.1/", true),
            (["127.0.0.1"], "http://127.0.0.2/", false), (["10.0.0.0/8"], "http://10.255.1.2/", true),
            (["10.0.0.0/8"], "http://11.0.0.0/", false), (["::1"], "http://[::1]/", true),
            (["[::1]:80"], "http://[::1]/", true),
            (["[::1]:80"], "http://[::1]:81/", false), (["fd00::/8"], "http://[fd12::1]/", true),
            (["fd00::/8"], "http://[fc12::1]/", false), (["0.0.0.0/0"], "http://[::1]/", false),
            ([], "http://example.com/", false),
            (["http://example.com/"], "http://example.com/", false), (["*"], "http://example.com/", false),
            (["10.0.0.0/33"], "http://10.0.0.0/", false), (["10.0.0.0/"], "http://10.0.0.0/", false),
        ] as [([String], String, Bool)])
    func allowList(_ hosts: [String], _ url: String, _ isAllowed: Bool) async throws {
        let url = try #require(URL(string: url))
        let policy = AddressPolicy.allowing(hosts: hosts)
        await expect(throws: isAllowed ? nil : .forbiddenAddress) {
            try await policy.check(url, resolver: Book())
        }
    }

    @Test("Hosts can be added to the public Internet")
    func adding() async throws {
        let policy = AddressPolicy.publicInternet.adding(hosts: ["reports.internal", "10.1.0.0/16"])
        let book = Book(answers: ["mixed.example.com": ["10.1.2.3"], "bad.example.com": ["10.2.2.3"]])
        for (text, isAllowed) in [
            ("http://reports.internal/", true), ("https://example.com/", true), ("http://10.1.2.3/", true),
            ("http://10.2.0.1/", false), ("http://other.internal/", false), ("http://mixed.example.com/", true),
            ("http://bad.example.com/", false),
        ] {
            let url = try #require(URL(string: text))
            await expect(throws: isAllowed ? nil : .forbiddenAddress, "\(text)") {
                try await policy.check(url, resolver: book)
            }
        }
    }

    @Test("A malformed entry matches nothing, and a refusal names it")
    func unusable() throws {
        let policy = AddressPolicy.allowing(hosts: ["https://oops.example.com/path"])
        let url = try #require(URL(string: "https://oops.example.com/path"))
        let error = #expect(throws: TransportError.self) { try policy.checkUnresolved(url) }
        #expect(error?.message.contains("https://oops.example.com/path") == true)
    }

    @Test("The unrestricted policy allows everything")
    func unrestricted() async throws {
        for text in ["http://127.0.0.1/", "http://localhost:25/", "http://[fe80::1]/"] {
            try await AddressPolicy.unrestricted.check(#require(URL(string: text)), resolver: Book())
        }
    }
}

/// Expects an error with a code, or none.
func expect(
    throws code: TransportError.Code?, _ comment: String = "", _ body: () async throws -> Void
) async {
    do {
        try await body()
        #expect(code == nil, "\(comment)")
    } catch {
        #expect((error as? TransportError)?.code == code, "\(comment)")
    }
}
