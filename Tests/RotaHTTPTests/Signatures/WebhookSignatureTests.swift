import Foundation
import RotaHTTP
import RotaTestSupport
import Testing

@Suite("WebhookSignature")
struct WebhookSignatureTests {
    static let schemes = [
        WebhookSignature.standard, .hexadecimal(timestampField: "X-Timestamp", signatureField: "X-Signature"),
    ]

    private let body = Data(#"{"test": 2432232314}"#.utf8)
    private let instant = Date(timeIntervalSince1970: 1_614_265_330)
    private let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    private let id = "msg_p5jXN8AQM9LWM0D4loKWxJek"

    @Test("The reference vector of Standard Webhooks is reproduced")
    func reference() throws {
        let headers = try WebhookSignature.standard.sign(body: body, id: id, at: instant, with: [WebhookSecret(secret)])
        #expect(headers["webhook-id"] == id)
        #expect(headers["webhook-timestamp"] == "1614265330")
        #expect(headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
        try WebhookSignature.standard.verify(headers: headers, body: body, at: instant, with: [WebhookSecret(secret)])
    }

    @Test("During a rotation both keys are accepted", arguments: WebhookSignatureTests.schemes)
    func rotation(_ scheme: WebhookSignature) throws {
        let (old, new) = (try WebhookSecret(utf8: "old"), try WebhookSecret(utf8: "new"))
        let other = try WebhookSecret(utf8: "other")
        let headers = try scheme.sign(body: body, id: id, at: instant, with: [new, old])
        for known in [[old], [new], [other, old], [new, old]] {
            try scheme.verify(headers: headers, body: body, at: instant, with: known)
        }
        #expect(throws: HTTPRequestError.self) {
            try scheme.verify(headers: headers, body: body, at: instant, with: [other])
        }
        #expect(throws: HTTPRequestError.self) {
            try scheme.verify(headers: headers, body: body, at: instant, with: [])
        }
    }

    @Test(
        "Timestamps may differ by five minutes, and no more",
        arguments: [(-301, false), (-300, true), (0, true), (300, true), (301, false)])
    func tolerance(_ offset: Int, _ fits: Bool) throws {
        for scheme in Self.schemes {
            let headers = try scheme.sign(body: body, id: id, at: instant, with: [WebhookSecret(secret)])
            let now = instant.addingTimeInterval(Double(offset))
            let result = Result {
                try scheme.verify(headers: headers, body: body, at: now, with: [WebhookSecret(secret)])
            }
            #expect(((try? result.get()) != nil) == fits)
        }
    }

    @Test("Any change invalidates the signature", arguments: WebhookSignatureTests.schemes)
    func tampering(_ scheme: WebhookSignature) throws {
        let key = try WebhookSecret(secret)
        let headers = try scheme.sign(body: body, id: id, at: instant, with: [key])
        #expect(throws: HTTPRequestError.self) {
            try scheme.verify(headers: headers, body: body + [0], at: instant, with: [key])
        }
        for field in headers.fields {
            var missing = headers
            missing[field.name] = nil
            #expect(throws: HTTPRequestError.self) {
                try scheme.verify(headers: missing, body: body, at: instant, with: [key])
            }
            var twice = headers
            twice.append(field)
            #expect(throws: HTTPRequestError.self) {
                try scheme.verify(headers: twice, body: body, at: instant, with: [key])
            }
            for (index, byte) in field.value.utf8.enumerated() {
                var bytes = Array(field.value.utf8)
                bytes[index] = byte == 0x31 ? 0x32 : 0x31
                var changed = headers
                changed[field.name] = String(decoding: bytes, as: UTF8.self)
                // The last letter before Base64's padding has two unused bits.
                if Data(base64Encoded: String(field.value.dropFirst(3)))
                    == Data(base64Encoded: String((changed[field.name] ?? "").dropFirst(3))), scheme == .standard,
                    field.name.hasSuffix("signature"), index > 2
                {
                    continue
                }
                #expect(throws: HTTPRequestError.self) {
                    try scheme.verify(headers: changed, body: body, at: instant, with: [key])
                }
            }
        }
    }

    @Test(
        "Malformed signatures and timestamps are refused",
        arguments: [
            "", "v1", "v1,", "v1,*", "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "v1=00", "v1a,AAAA",
            "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "v1=" + String(repeating: "+1", count: 32),
            "v1=" + String(repeating: "g", count: 64),
        ])
    func malformed(_ signature: String) throws {
        let key = try WebhookSecret(secret)
        for (scheme, names) in [
            (WebhookSignature.standard, ["webhook-timestamp", "webhook-signature"]),
            (Self.schemes[1], ["X-Timestamp", "X-Signature"]),
        ] {
            var headers: HTTPHeaders = ["webhook-id": id]
            headers[names[0]] = "1614265330"
            headers[names[1]] = signature
            #expect(throws: HTTPRequestError.self) {
                try scheme.verify(headers: headers, body: body, at: instant, with: [key])
            }
        }
        for timestamp in [
            "", "x", "-", "1614265330.0", "+1614265330", " 1614265330", "01614265330", "9223372036854775808",
            "-9223372036854775808",
        ] {
            var headers = try WebhookSignature.standard.sign(body: body, id: id, at: instant, with: [key])
            headers["webhook-timestamp"] = timestamp
            #expect(throws: HTTPRequestError.self) {
                try WebhookSignature.standard.verify(headers: headers, body: body, at: instant, with: [key])
            }
        }
    }

    @Test(
        "A secret that is not whsec_ and Base64 is refused, and never used as its own text",
        arguments: [
            "", "whsec_", "whsec_*", "v1,whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            " whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", "\"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"",
            "'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'", "WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "topsecret",
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "whsec_MfKQ 9r8G", "secret://hook",
        ])
    func refusedSecrets(_ text: String) {
        let error = #expect(throws: HTTPRequestError.self) { try WebhookSecret(text) }
        #expect(error?.code == .badSignature && error?.field == "secret")
        #expect(error?.message.contains("whsec_") == true)
        #expect(text.count < 10 || error?.description.contains(text) == false)
    }

    @Test(
        "A secret in a text is refused if it was meant for Standard Webhooks, or copied with what surrounds it",
        arguments: [
            "", "whsec_MfKQ9r8G", "v1,whsec_MfKQ9r8G", "WHSEC_x", " topsecret", "topsecret\n", "\"topsecret\"", "'x'",
        ])
    func refusedTexts(_ text: String) {
        let error = #expect(throws: HTTPRequestError.self) { try WebhookSecret(utf8: text) }
        #expect(error?.code == .badSignature)
    }

    @Test("Invalid ids and secrets are refused", .rows("S-42"))
    func refused() throws {
        let key = try WebhookSecret(secret)
        for id in ["", "a.b", "a b", "a\nb", "é"] {
            #expect(throws: HTTPRequestError.self) {
                try WebhookSignature.standard.sign(body: body, id: id, at: instant, with: [key])
            }
        }
        #expect(throws: HTTPRequestError.self) {
            try Self.schemes[1].sign(body: body, id: id, at: instant, with: [])
        }
        for date in [
            Date.distantFuture, .distantPast, Date(timeIntervalSince1970: .infinity), Date(timeIntervalSince1970: .nan),
        ] {
            #expect(try WebhookSignature.standard.sign(body: body, id: id, at: date, with: [key]).fields.count == 3)
        }
    }

    @Test("An id with a dot is refused on receipt, because it could be part of another message")
    func dottedID() throws {
        let now = Date(timeIntervalSince1970: 1_700_000_000)
        let secret = try WebhookSecret(utf8: "a secret of ours")
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
}
