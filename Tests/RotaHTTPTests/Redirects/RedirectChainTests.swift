import Foundation
import RotaHTTP
import Testing

@Suite("Chains of redirects")
struct RedirectChainTests {
    private func request(
        _ method: HTTPMethod = .get, _ url: String = "https://a.example/x/y?z", headers: HTTPHeaders = [:],
        body: HTTPBody = .none
    ) throws -> HTTPRequest {
        try HTTPRequest(method: method, url: #require(URL(string: url)), headers: headers, body: body)
    }

    private func response(_ status: Int, _ locations: String...) -> HTTPResponse {
        HTTPResponse(status: status, headers: HTTPHeaders(locations.map { .init("Location", $0) }))
    }

    /// Follows redirects from the first URL of a list to the last, and returns why it stopped before, if it did.
    private func walk(_ urls: [String], limit: Int = 20, _ method: HTTPMethod = .get) throws -> String? {
        var chain = RedirectChain(.following(upTo: limit))
        var next = try request(method, urls[0])
        for url in urls.dropFirst() {
            do {
                next = try #require(try chain.next(after: response(302, url), to: next))
            } catch let error as TransportError {
                #expect(error.code == .redirect && error.status == 302)
                return error.message
            }
        }
        return nil
    }

    @Test(
        "The status decides about method and body",
        arguments: [301, 302, 303, 307, 308, 300, 304, 305, 306, 200, 201, 404])
    func methods(_ status: Int) throws {
        for method in HTTPMethod.allCases {
            var chain = RedirectChain(.following())
            let fields: HTTPHeaders = [
                "Content-Language": "en", "Content-Encoding": "br", "Digest": "x", "X-Kept": "1",
            ]
            let body: HTTPBody = method.allowsBody ? .text("body") : .none
            var first = try request(method, headers: fields, body: body)
            first.isRepeatable = false
            let next = try chain.next(after: response(status, "/there"), to: first)
            guard [301, 302, 303, 307, 308].contains(status) else {
                #expect(next == nil && chain.followed.isEmpty)
                continue
            }
            let following = try #require(next)
            let becomesGet = status < 307 && (method == .post || (status == 303 && method != .head))
            #expect(following.method == (becomesGet ? .get : method), "\(status) \(method)")
            let keepsBody = following.method == method
            #expect(following.body == (keepsBody ? body : .none))
            #expect(following.headers.contains("Content-Type") == (keepsBody && method.allowsBody))
            #expect(following.headers.contains("Content-Language") == keepsBody)
            #expect(following.headers.contains("Digest") == keepsBody)
            #expect(following.headers["X-Kept"] == "1" && !following.isRepeatable)
            #expect(following.url.absoluteString == "https://a.example/there")
            #expect(chain.followed.map(\.method) == [following.method])
        }
    }

    @Test("A redirect without a target, or to none, is a response", arguments: [RedirectPolicy.never, .following()])
    func final(_ policy: RedirectPolicy) throws {
        var chain = RedirectChain(policy)
        #expect(try chain.next(after: response(302), to: request()) == nil)
        #expect(try (chain.next(after: response(302, "/"), to: request()) == nil) == (policy == .never))
    }

    @Test(
        "Credentials and secrets stay in their origin, and the record says what was left out",
        arguments: [
            ("https://a.example/other", true), ("//a.example:443/", true), ("?q", true), ("https://A.EXAMPLE/", true),
            ("https://b.example/", false), ("https://a.example:444/", false), ("//sub.a.example/", false),
            ("https://a.example./", true), ("https://1.2.3.4/", false),
        ])
    func credentials(_ location: String, _ isSame: Bool) throws {
        let secrets = ["Authorization", "Cookie", "X-Api-Key", "X-Secret"]
        var headers = HTTPHeaders(secrets.map { .init($0, "s3cret", isSensitive: true) })
        headers.append(.init("Accept", "text/html"))
        headers.append(.init("cookie", "another"))
        var chain = RedirectChain(.following())
        let next = try #require(try chain.next(after: response(307, location), to: request(headers: headers)))
        #expect(next.headers["Accept"] == "text/html")
        for name in secrets { #expect(next.headers.contains(name) == isSame, "\(name)") }
        let record = try #require(chain.followed.first)
        #expect(record.withheldFields == (isSame ? [] : secrets + ["cookie"]))
        #expect(record.description.contains("without Authorization, Cookie") != isSame)
        #expect(!record.description.contains("s3cret"))
    }

    @Test("What was left out once does not come back with the way back")
    func wayBack() throws {
        var chain = RedirectChain(.following())
        let first = try request(headers: ["Authorization": "Bearer x"])
        let away = try #require(try chain.next(after: response(302, "https://b.example/"), to: first))
        let back = try #require(try chain.next(after: response(302, "https://a.example/back"), to: away))
        #expect(!back.headers.contains("Authorization"))
        #expect(chain.followed.map(\.withheldFields) == [["Authorization"], []])
    }

    @Test("A step from http to https is another origin, one back is refused")
    func schemes() throws {
        var chain = RedirectChain(.following())
        let first = try request(.get, "http://a.example/", headers: ["Authorization": "Bearer x"])
        let next = try #require(try chain.next(after: response(301, "https://a.example/"), to: first))
        #expect(!next.headers.contains("Authorization"))
        #expect(throws: TransportError.self) { try chain.next(after: response(301, "http://a.example/z"), to: next) }
    }

    @Test("Secrets and queries do not get into the record")
    func record() throws {
        let secret = SecretValue("t0ken-in-path")
        let base = try request()
        let first = try HTTPRequest(
            method: .get, address: base.address, headers: [:], body: .none, timeout: base.timeout,
            redaction: Redaction([secret]))
        var chain = RedirectChain(.following())
        _ = try chain.next(after: response(302, "https://b.example/t0ken-in-path?key=1"), to: first)
        #expect(chain.followed.map(\.description) == ["302: GET https://b.example/[redacted]?[redacted]"])
    }

    @Test(
        "A circle is seen whatever its spelling",
        arguments: [
            ["https://a.example/x", "https://a.example/x"], ["https://a.example/x", ""], ["https://a.example/x", "#y"],
            ["https://a.example/x", "https://A.example:443/y/../x"], ["https://a.example/x", "/y", "/x"],
            ["https://a.example/x", "/y", "/%78"], ["https://a.example/x", "/%78", "/x"],
            ["https://a.example/x", "/%78", "/%78"],
            ["https://a.example/x", "/y", "/z", "/%79"],
            ["https://a.example/x", "https://b.example/", "https://a.example/x"],
        ])
    func circles(_ urls: [String]) throws {
        #expect(try walk(urls) == "the redirects form a circle")
    }

    @Test(
        "A step to another spelling, query or path is no circle",
        arguments: [
            ["https://a.example/%7euser", "/~user"], ["https://a.example/%c3", "/%C3", "/d"],
            ["https://a.example/x", "?", "?a", "?b"],
            ["https://a.example/x", "/x/", "/x/y"], ["https://a.example/X", "/x"],
        ])
    func noCircles(_ urls: [String]) throws {
        #expect(try walk(urls) == nil)
    }

    @Test("A POST that is answered by a GET of the same URL is no circle")
    func postThenGet() throws {
        #expect(try walk(["https://a.example/x", ""], .post) == nil)
        #expect(try walk(["https://a.example/x", ""], .put) == "the redirects form a circle")
    }

    @Test("A chain ends at its limit exactly", arguments: [1, 5, 20])
    func limit(_ limit: Int) throws {
        let urls = ["https://a.example/0"] + (1...limit).map { "/\($0)" }
        #expect(try walk(urls, limit: limit) == nil)
        #expect(try walk(urls + ["/more"], limit: limit) == "more than \(limit) redirects")
    }

    @Test("A response that names two targets is refused, one that names the same twice is not")
    func severalTargets() throws {
        var chain = RedirectChain(.following())
        #expect(try chain.next(after: response(302, "/a", "/a"), to: request()) != nil)
        let error = #expect(throws: TransportError.self) {
            try chain.next(after: response(302, "/b", "/c"), to: request())
        }
        #expect(error?.code == .redirect)
    }

    @Test("An error after redirects says that a request was sent, and which redirects there were")
    func errors() throws {
        var chain = RedirectChain(.following())
        let next = try #require(try chain.next(after: response(302, "//b.example/"), to: request()))
        let refused = TransportError(.connectionRefused, "refused", url: next.url)
        #expect(!refused.mayHaveBeenSent && refused.after([]) == refused)
        #expect(refused.after(chain.followed).mayHaveBeenSent)
        #expect(refused.after(chain.followed).redirects == chain.followed)
    }
}
