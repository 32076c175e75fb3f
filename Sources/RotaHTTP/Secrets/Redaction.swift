import Foundation
import RotaCore

/// The values that must not survive in anything recorded about a request: the secrets that were put into it.
///
/// A server may echo what it was sent, so bodies, headers and messages are scrubbed before they are kept (goal S3). Each
/// value is looked for as it is, as JSON escapes it (with `\/` and `\u00e9` too), as URLs and forms encode it, and in Base64
/// (without padding and in the URL's alphabet too). Values of fewer than four bytes are not looked for, because scrubbing
/// them would shred innocent text.
public struct Redaction: Sendable, Hashable {
    private var needles: [[UInt8]] = []

    /// Makes a redaction that changes nothing.
    public init() {}

    /// Makes a redaction of secrets.
    ///
    /// - Parameter secrets: the values to strike out.
    public init(_ secrets: some Sequence<SecretValue>) {
        var found: Set<[UInt8]> = []
        for secret in secrets where secret.value.utf8.count >= 4 {
            for form in SecretForms.all(of: secret.value) { found.insert(Array(form.utf8)) }
        }
        // Longest first, so that a secret inside another does not leave the other's rest behind.
        needles = found.sorted { $0.count == $1.count ? $0.lexicographicallyPrecedes($1) : $0.count > $1.count }
    }

    /// Whether there is nothing to strike out.
    public var isEmpty: Bool { needles.isEmpty }

    /// The text with every secret replaced by `[redacted]`.
    ///
    /// - Parameter text: the text to scrub.
    /// - Returns: the scrubbed text.
    /// - Complexity: O(n · m), n bytes of text and m secrets.
    public func scrub(_ text: String) -> String {
        isEmpty ? text : String(decoding: scrub(Array(text.utf8)), as: UTF8.self)
    }

    /// The bytes with every secret replaced, and with what may be the beginning of one where they were cut off.
    package func scrub(_ bytes: [UInt8], isCut: Bool = false) -> [UInt8] {
        let mark = Array("[redacted]".utf8)
        let tail = bytes.count - (isCut ? longestBeginning(atEndOf: bytes) : 0)
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        let firsts = Set(needles.compactMap(\.first))
        var position = 0
        while position < bytes.count {
            guard let end = position == tail ? bytes.count : endOfMatch(at: position, in: bytes, firsts) else {
                out.append(bytes[position])
                position += 1
                continue
            }
            out += mark
            // What begins inside a match is struck out with it, so that no rest of another secret stays behind.
            var last = end
            while position < last {
                position += 1
                if position == tail { last = bytes.count }
                guard position < last, let end = endOfMatch(at: position, in: bytes, firsts) else { continue }
                last = max(last, end)
            }
        }
        return out
    }
}

extension Redaction {
    /// Where the longest secret that begins at a position ends.
    private func endOfMatch(at position: Int, in bytes: [UInt8], _ firsts: Set<UInt8>) -> Int? {
        guard firsts.contains(bytes[position]) else { return nil }
        return needles.first { bytes[position...].starts(with: $0) }.map { position + $0.count }
    }

    /// How many bytes at the end are the beginning of a secret; fewer than four tell nothing and count as none.
    private func longestBeginning(atEndOf bytes: [UInt8]) -> Int {
        var longest = 0
        for needle in needles where needle.count > 4 {
            let most = min(needle.count - 1, bytes.count)
            guard most >= 4 else { continue }
            let count = (4...most).last { bytes.suffix($0).elementsEqual(needle.prefix($0)) }
            longest = max(longest, count ?? 0)
        }
        return longest
    }
}

extension Redaction: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// How many forms of secrets are struck out, never which.
    public var description: String { "\(needles.count) redacted values" }
    /// The same as the description.
    public var debugDescription: String { description }
    /// A mirror without the values.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

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

extension JSONValue {
    /// The value as error messages show it: compact, at most 120 characters.
    var excerpt: String { excerpt(scrubbedBy: Redaction()) }

    /// The value as error messages show it. Secrets are removed before it is cut, so that no cut leaves a part of one.
    func excerpt(scrubbedBy redaction: Redaction) -> String {
        let text =
            switch self {
            case .array(let elements): "an array of \(elements.count)"
            case .object(let members): "an object of \(members.count)"
            case .string(let string): JSONValue.string(String(redaction.scrub(string).unicodeScalars.prefix(100))).text
            default: redaction.scrub(self.text)
            }
        return text.unicodeScalars.count <= 120 ? text : String(text.unicodeScalars.prefix(119)) + "…"
    }
}
