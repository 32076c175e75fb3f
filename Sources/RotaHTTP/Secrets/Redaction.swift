import Foundation

/// The secrets to remove from everything that is recorded about a request.
///
/// A server may echo what it received, so bodies, headers and messages are scrubbed before they are recorded. Each
/// value is found as it is and in Base64 (with or without padding, in both alphabets), each of them also with any of
/// its characters escaped as in JSON (`\/`, `\u0026`), in JSON inside JSON, percent-encoded, or form-encoded. Values
/// shorter than four bytes are ignored because replacing them would destroy innocent text.
public struct Redaction: Sendable, Hashable {
    private var needles: [[UInt8]] = []

    /// Creates a redaction that changes nothing.
    public init() {}

    /// Creates a redaction of secrets.
    public init(_ secrets: some Sequence<SecretValue>) {
        var found: Set<[UInt8]> = []
        for secret in secrets where secret.value.utf8.count >= 4 {
            for form in Self.spellings(of: secret.value) { found.insert(Array(form.utf8)) }
        }
        needles = Self.ordered(found)
    }

    /// Orders texts to remove, the longest first: a secret inside another must not leave the rest of the longer one.
    private static func ordered(_ needles: Set<[UInt8]>) -> [[UInt8]] {
        needles.sorted { $0.count == $1.count ? $0.lexicographicallyPrecedes($1) : $0.count > $1.count }
    }

    /// Returns a redaction that removes another secret too.
    package func adding(_ secret: SecretValue) -> Redaction {
        var copy = Redaction([secret])
        copy.needles = Self.ordered(Set(needles + copy.needles))
        return copy
    }

    /// Whether there is nothing to remove.
    public var isEmpty: Bool { needles.isEmpty }

    /// Returns the text with every secret replaced by `[redacted]`.
    ///
    /// - Complexity: O(*n* · *m*) for *n* bytes of text and *m* secrets.
    public func scrub(_ text: String) -> String {
        isEmpty ? text : String(decoding: scrub(Array(text.utf8)), as: UTF8.self)
    }

    /// Returns the bytes with every secret replaced, including a prefix of one at the end of bytes that were cut.
    package func scrub(_ bytes: [UInt8], isCut: Bool = false) -> [UInt8] {
        let firsts = Set(needles.compactMap(\.first))
        var found: [Range<Int>] = []
        for reading in EscapedReading.all(of: bytes, isCut: isCut) {
            for start in reading.bytes.indices where firsts.contains(reading.bytes[start]) {
                let rest = reading.bytes[start...]
                guard let needle = needles.first(where: { rest.starts(with: $0) }) else { continue }
                found.append(reading.source(of: start)..<reading.source(of: start + needle.count))
            }
            let tail = isCut ? longestBeginning(atEndOf: reading.bytes) : 0
            if tail > 0 { found.append(reading.source(of: reading.bytes.count - tail)..<bytes.count) }
        }
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        var end = 0
        for range in found.sorted(by: { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }) {
            // A secret that begins inside another extends it, so that no rest of either stays behind.
            if range.lowerBound >= end {
                out += bytes[end..<range.lowerBound]
                out += "[redacted]".utf8
            }
            end = max(end, range.upperBound)
        }
        return out + bytes[end...]
    }
}

extension Redaction {
    /// Returns how many bytes at the end may be the beginning of a secret.
    ///
    /// Fewer than four reveal nothing and count as none.
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

    /// The value itself and its Base64 forms.
    private static func spellings(of value: String) -> [String] {
        let padded = Data(value.utf8).base64EncodedString()
        let bare = padded.replacing("=", with: "")
        return [value, padded, bare, bare.replacing("+", with: "-").replacing("/", with: "_")]
    }
}

extension Redaction: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The number of redacted forms.
    public var description: String { "\(needles.count) redacted values" }
    /// The same as the description.
    public var debugDescription: String { description }
    /// A mirror without the values.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension JSONValue {
    /// The value as error messages show it: compact, at most 120 characters.
    var excerpt: String { excerpt(scrubbedBy: Redaction()) }

    /// Returns the value as error messages show it.
    ///
    /// Secrets are removed before the text is cut, so that no part of one stays.
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
