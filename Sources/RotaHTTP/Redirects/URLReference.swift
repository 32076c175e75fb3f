/// A reference to a URL in its five parts, resolved against another as RFC 3986 § 5.2 says.
///
/// It reads any text, as the expression of appendix B does, and checks none of the parts: ``RequestURL`` does that.
package struct URLReference: Sendable, Hashable {
    package var scheme: String?
    package var authority: String?
    package var path = ""
    package var query: String?
    package var fragment: String?

    /// Splits a text into the parts that it has.
    package init(_ text: String) {
        // By bytes: a combining character must not hide the delimiter before it.
        var rest = Substring(text).utf8
        if let hash = rest.firstIndex(of: UInt8(ascii: "#")) {
            fragment = String(Substring(rest[rest.index(after: hash)...]))
            rest = rest[..<hash]
        }
        if let mark = rest.firstIndex(of: UInt8(ascii: "?")) {
            query = String(Substring(rest[rest.index(after: mark)...]))
            rest = rest[..<mark]
        }
        if let colon = rest.firstIndex(of: UInt8(ascii: ":")), Self.isScheme(rest[..<colon]) {
            scheme = String(Substring(rest[..<colon]))
            rest = rest[rest.index(after: colon)...]
        }
        if rest.starts(with: "//".utf8) {
            rest = rest.dropFirst(2)
            let host = rest.prefix { $0 != UInt8(ascii: "/") }
            authority = String(Substring(host))
            rest = rest[host.endIndex...]
        }
        path = String(Substring(rest))
    }

    /// The parts put together again (§ 5.3).
    package var text: String {
        var text = scheme.map { $0 + ":" } ?? ""
        if let authority { text += "//" + authority }
        text += path
        if let query { text += "?" + query }
        if let fragment { text += "#" + fragment }
        return text
    }

    /// Returns the target of this reference in a document of the base's URL (§ 5.2.2).
    ///
    /// - Complexity: O(*n*) in the length of both.
    package func resolved(against base: URLReference) -> URLReference {
        var target = self
        guard scheme == nil else {
            target.path = Self.removingDotSegments(path)
            return target
        }
        target.scheme = base.scheme
        guard authority == nil else {
            target.path = Self.removingDotSegments(path)
            return target
        }
        target.authority = base.authority
        if path.isEmpty {
            target.path = base.path
            target.query = query ?? base.query
        } else if path.utf8.first == UInt8(ascii: "/") {
            target.path = Self.removingDotSegments(path)
        } else {
            target.path = Self.removingDotSegments(base.merging(path))
        }
        return target
    }

    /// Puts a relative path in the place of the last segment of this one (§ 5.2.3).
    private func merging(_ relative: String) -> String {
        if authority != nil, path.isEmpty { return "/" + relative }
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return relative }
        return path[...slash] + relative
    }

    /// Returns a path without its `.` and `..` segments (§ 5.2.4), in any spelling of their dots.
    ///
    /// - Complexity: O(*n*) in the length of the path.
    package static func removingDotSegments(_ path: String) -> String {
        let slash = UInt8(ascii: "/")
        var rest = Substring(path).utf8
        while rest.first != slash {
            let first = rest.prefix { $0 != slash }
            guard !first.isEmpty, dots(first) > 0 else { break }
            rest = rest[first.endIndex...].dropFirst()
        }
        var kept: [Substring.UTF8View] = []
        let first = rest.prefix { $0 != slash }
        if !first.isEmpty { kept.append(first) }
        rest = rest[first.endIndex...]
        var endsInSlash = false
        while !rest.isEmpty {
            let segment = rest.prefix(1 + rest.dropFirst().prefix { $0 != slash }.count)
            rest = rest[segment.endIndex...]
            let dots = dots(segment.dropFirst())
            if dots == 2 { _ = kept.popLast() }
            if dots == 0 { kept.append(segment) }
            endsInSlash = dots > 0 && rest.isEmpty
        }
        return kept.map { String(Substring($0)) }.joined() + (endsInSlash ? "/" : "")
    }

    /// The number of dots, 1 or 2, that are all of a segment, or 0.
    private static func dots(_ segment: Substring.UTF8View) -> Int {
        var rest = segment
        var count = 0
        while count < 3, !rest.isEmpty {
            if rest.first == UInt8(ascii: ".") {
                rest = rest.dropFirst()
            } else if rest.count >= 3, rest.starts(with: "%2".utf8),
                rest.dropFirst(2).first.map(lowercaseASCII) == UInt8(ascii: "e")
            {
                rest = rest.dropFirst(3)
            } else {
                return 0
            }
            count += 1
        }
        return rest.isEmpty && count < 3 ? count : 0
    }

    private static func isScheme(_ text: Substring.UTF8View) -> Bool {
        guard let first = text.first, isLetter(first) else { return false }
        return text.allSatisfy {
            isLetter($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-")
                || $0 == UInt8(ascii: ".")
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(lowercaseASCII(byte))
    }
}
