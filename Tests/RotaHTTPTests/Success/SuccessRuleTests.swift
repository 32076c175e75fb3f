import Foundation
import RotaTestSupport
import RotaTesting
import Testing

@testable import RotaHTTP

/// Returns a path from a literal.
///
/// A typing error becomes a path that finds nothing, which fails the test.
private func path(_ text: String) -> JSONPath {
    (try? JSONPath(text)) ?? JSONPath(text: text, segments: [.name("this is no path: \(text)")])
}

/// Returns a pattern from a literal.
///
/// A typing error becomes a pattern that matches nothing, which fails the test.
private func pattern(_ text: String) -> TextPattern {
    (try? TextPattern(text))
        ?? TextPattern(text: text, program: PatternProgram([.start(ofLine: false), .scalars(PatternSet())]))
}

@Suite("SuccessRule")
struct SuccessRuleTests {
    private func response(_ status: Int = 200, _ body: String = "", headers: HTTPHeaders = [:], cut: Bool = false)
        -> HTTPResponse
    {
        HTTPResponse(status: status, headers: headers, body: Data(body.utf8), bodyIsTruncated: cut)
    }

    @Test("200, 201, 202 and 204 count by default, and nothing else", .rows("T-36"), arguments: 100...599)
    func defaults(_ status: Int) {
        let isSuccess = SuccessRule.default.evaluate(response(status)) == .success
        #expect(isSuccess == [200, 201, 202, 204].contains(status))
        #expect((SuccessRule.any2xx.evaluate(response(status)) == .success) == (200...299).contains(status))
    }

    @Test("Sets merge, clamp and describe themselves", .rows("C-5"))
    func sets() {
        #expect(([204, 200, 201, 202] as StatusSet).description == "200-202, 204")
        #expect(StatusSet(200...299, 250...310, 404...404) == StatusSet(200...310, 404...404))
        #expect(StatusSet(0...99, 600...700).ranges.isEmpty)
        #expect(StatusSet(Int.min...Int.max) == StatusSet(100...599))
        #expect(([] as StatusSet).description == "none")
        guard case .statusNotAccepted(let message) = SuccessRule.default.evaluate(response(206)) else {
            Issue.record("206 was accepted")
            return
        }
        #expect(message == "status 206 is not among 200-202, 204")
    }

    private static let body =
        #"{"status":"ok","count":3,"ids":[1,2,3],"user":{"name":"Ada"},"none":null,"price":"12.5"}"#

    @Test(
        "Every condition holds where it should and fails where it should", .rows("TX-6", "T-92"),
        arguments: [
            (.status(.equals(200)), true), (.status(.equals("200")), false), (.status(.notEquals(500)), true),
            (.status(.lessThan(300)), true),
            (.status(.greaterThan(200)), false), (.status(.in([200, 204])), true), (.status(.in([])), false),
            (.status(.exists), true),
            (.status(.regex(pattern("^2\\d\\d$"))), true), (.header("content-type", .contains("json")), true),
            (.header("X-None", .exists), false),
            (.header("X-None", .notEquals("a")), true), (.header("X-None", .equals("a")), false),
            (.header("X-Many", .equals("2")), true),
            (.header("X-Many", .notEquals("2")), false), (.header("X-Many", .lessThan(2)), true),
            (.header("X-Many", .equals(2)), true),
            (.text(.contains("Ada")), true), (.text(.notContains("Ada")), false), (.text(.contains("")), true),
            (.text(.contains(5)), false),
            (.json(path("$.status"), .equals("ok")), true), (.json(path("$.count"), .equals(3.0)), true),
            (.json(path("$.count"), .equals("3")), false), (.json(path("$.ids"), .contains(2)), true),
            (.json(path("$.ids"), .contains("2")), false), (.json(path("$.ids[*]"), .greaterThan(2)), true),
            (.json(path("$.ids[*]"), .notEquals(2)), false), (.json(path("$.user"), .contains("name")), true),
            (.json(path("$.user"), .equals(["name": "Ada"])), true), (.json(path("$.none"), .exists), true),
            (.json(path("$.none"), .equals(.null)), true), (.json(path("$.missing"), .exists), false),
            (.json(path("$.price"), .greaterThan(12)), true), (.json(path("$.status"), .lessThan(5)), false),
            (.json(path("$.status"), .in(["ok", "fine"])), true),
            (.json(path("$.ids[0]"), .regex(pattern("^1$"))), true),
            (.all([]), true), (.any([]), false), (.not(.any([])), true),
            (.all([.status(.equals(200)), .text(.contains("ok"))]), true),
            (.any([.status(.equals(500)), .text(.contains("ok"))]), true), (.not(.status(.equals(200))), false),
        ] as [(ResponseMatcher, Bool)])
    func conditions(_ matcher: ResponseMatcher, _ holds: Bool) throws {
        let response = response(
            200, Self.body, headers: ["Content-Type": "application/json", "X-Many": "1", "x-many": "2"])
        let failure = matcher.failure(in: response)
        #expect((failure == nil) == holds, "\(failure ?? "it holds")")
        #expect((ResponseMatcher.not(matcher).failure(in: response) == nil) == !holds)
        let stored = try JSONDecoder().decode(ResponseMatcher.self, from: JSONEncoder().encode(matcher))
        #expect((stored.failure(in: response) == nil) == holds)
    }

    @Test(
        "A mismatch is its own verdict and says what failed and what was found", .rows("T-77", "T-80"),
        arguments: [
            (.json(path("$.status"), .equals("done")), #"json $.status: expected equal to "done", found "ok""#),
            (.json(path("$.x"), .exists), "json $.x: expected to exist, found nothing"),
            (.status(.lessThan(100)), "status: expected less than 100, found 200"),
            (
                .all([.status(.exists), .text(.contains("bye"))]),
                #"body: expected to contain "bye", found "{\"status\":\"ok\"}""#
            ),
            (.header("X", .notEquals("y")), #"header X: expected other than "y", found "y""#),
            (
                .any([.status(.equals(1)), .status(.equals(2))]),
                "none of 2 holds (status: expected equal to 1, found 200; status: expected equal to 2, found 200)"
            ),
            (.not(.status(.equals(200))), "it matches, but must not: status equal to 200"),
        ] as [(ResponseMatcher, String)])
    func messages(_ matcher: ResponseMatcher, _ expected: String) {
        let response = response(200, #"{"status":"ok"}"#, headers: ["X": "y"])
        #expect(SuccessRule(matching: matcher).evaluate(response) == .mismatch(message: expected))
    }

    @Test("The status is judged before the body", .rows("T-76"))
    func order() {
        let rule = SuccessRule(matching: .text(.equals("never")))
        guard case .statusNotAccepted = rule.evaluate(response(500, "x")) else {
            Issue.record("the body was judged first")
            return
        }
    }

    @Test("The message says that a body is not JSON or was cut")
    func unreadable() throws {
        let rule = SuccessRule(matching: .json(try JSONPath("$.a"), .exists))
        guard case .mismatch(let message) = rule.evaluate(response(200, "<html>", cut: true)) else {
            Issue.record("it matched")
            return
        }
        #expect(message.contains("not JSON") && message.contains("cut at 6 bytes"))
        #expect(
            SuccessRule(matching: .json(try JSONPath("$.a"), .notEquals(1))).evaluate(response(200, "<html>"))
                == .success)
    }

    @Test("Of a body that was cut, only what its beginning proves counts, inside and outside not")
    func cutBodies() {
        let (errors, root) = (path("$.errors"), path("$"))
        // The matcher, and whether it holds, for a body that is whole and for one that was cut.
        let cases: [(matcher: ResponseMatcher, body: String, whole: Bool, cut: Bool)] = [
            (.json(errors, .notContains("fatal")), #"{"errors":["#, true, false),
            (.json(errors, .notEquals(1)), #"{"a":1"#, true, false),
            (.not(.json(errors, .exists)), #"{"a":1"#, true, false),
            (.not(.json(errors, .exists)), "12", true, false),
            (.json(root, .equals(12)), "12", true, false),
            (.text(.contains("done")), "all done", true, true),
            (.text(.notContains("ERROR")), "all done", true, false),
            (.text(.notContains("done")), "all done", false, false),
            (.text(.notContains(1)), "all done", true, true),
            (.not(.text(.contains("ERROR"))), "all done", true, false),
            (.text(.regex(pattern("a.l"))), "all done", true, true),
            (.text(.regex(pattern("done$"))), "all done", true, false),
            (.text(.regex(pattern("done\\b"))), "all done", true, false),
            (.text(.regex(pattern("(?m)^all$"))), "all\ndone", true, true),
            (.not(.text(.regex(pattern("ERROR")))), "all done", true, false),
            (.text(.equals("all done")), "all done", true, false),
            (.text(.notEquals("all done")), "all done", false, true),
            (.text(.notEquals("all done!")), "all done", true, false),
            (.not(.text(.equals("other"))), "all done", true, true),
            (.not(.text(.in(["x", "all done, too"]))), "all done", true, false),
            (.text(.lessThan(20)), "12", true, false),
            (.not(.text(.greaterThan(20))), "12", true, false),
            (.any([.text(.notContains("ERROR")), .status(.equals(200))]), "all done", true, true),
            (.text(.exists), "all done", true, true),
        ]
        for (matcher, body, whole, cut) in cases {
            let rule = SuccessRule(matching: matcher)
            #expect((rule.evaluate(response(200, body)) == .success) == whole, "\(matcher)")
            #expect((rule.evaluate(response(200, body, cut: true)) == .success) == cut, "\(matcher), cut")
        }
    }

    @Test("A huge value is cut in a message")
    func excerpt() {
        guard
            case .mismatch(let message) = SuccessRule(matching: .text(.equals("x"))).evaluate(
                response(200, String(repeating: "y", count: 100_000)))
        else {
            Issue.record("it matched")
            return
        }
        #expect(message.utf8.count < 400)
    }

    @Test("An output mapping takes out what it names", .rows("TX-6"))
    func output() throws {
        let mapping: OutputMapping = [
            "id": try JSONPath("$.ids[0]"), "all": try JSONPath("$.ids[*]"), "no": try JSONPath("$.nothing"),
            "name": try JSONPath("user.name"),
        ]
        #expect(mapping.output(of: response(200, Self.body))?.text == #"{"all":[1,2,3],"id":1,"name":"Ada","no":null}"#)
        #expect(mapping.output(of: response(200, "<html>")) == nil)
        #expect(OutputMapping().output(of: response(200, Self.body)) == nil)
    }

    @Test("Text is found in linear time", arguments: 0..<4)
    func byteSearch(_ seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        for _ in 0..<300 {
            let text = String(
                (0..<Int.random(in: 0...30, using: &random)).map { _ in "ab".randomElement(using: &random) ?? "a" })
            let part = String(
                (0..<Int.random(in: 0...5, using: &random)).map { _ in "ab".randomElement(using: &random) ?? "a" })
            let expected = part.isEmpty || text.range(of: part, options: .literal) != nil
            let found = ResponseMatcher.text(.contains(.string(part))).failure(in: response(200, text)) == nil
            #expect(found == expected, "\(part) in \(text)")
        }
    }
}
