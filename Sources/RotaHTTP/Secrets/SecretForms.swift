import Foundation

/// The spellings in which a server may echo a value: as it is, in JSON, percent-encoded, in Base64.
enum SecretForms {
    static func all(of value: String) -> [String] {
        [value] + json(value) + percent(value) + base64(value)
    }

    /// JSON as most write it, with `\/`, and in ASCII alone (PHP and Python by default).
    private static func json(_ value: String) -> [String] {
        let plain = String(JSONValue.string(value).text.dropFirst().dropLast())
        return [plain, ascii(plain, uppercase: false), ascii(plain, uppercase: true)].flatMap {
            [$0, $0.replacing("/", with: "\\/")]
        }
    }

    private static func ascii(_ text: String, uppercase: Bool) -> String {
        text.utf16.map { unit in
            guard unit >= 0x80 else { return String(decoding: [unit], as: UTF16.self) }
            let hex = String(unit, radix: 16, uppercase: uppercase)
            return "\\u" + String(repeating: "0", count: 4 - hex.utf8.count) + hex
        }.joined()
    }

    /// As URLs have it and as forms have it, in capitals and in small letters.
    private static func percent(_ value: String) -> [String] {
        let upper = PercentEncoding.encode(value)
        let lower = value.utf8.map { byte in
            let one = PercentEncoding.encode(String(decoding: [byte], as: UTF8.self))
            return byte < 0x80 && one.utf8.count == 1 ? one : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
        return [upper, lower].flatMap { [$0, $0.replacing("%20", with: "+")] }
    }

    private static func base64(_ value: String) -> [String] {
        let padded = Data(value.utf8).base64EncodedString()
        let bare = padded.replacing("=", with: "")
        return [padded, bare, bare.replacing("+", with: "-").replacing("/", with: "_")]
    }
}
