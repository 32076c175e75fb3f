import Foundation
import RotaHTTP
import RotaTesting
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("IPAddress")
struct IPAddressTests {
    @Test("Hosts are parsed as the system parses them", arguments: 0..<20)
    func agreesWithTheSystem(_ seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let alphabet = Array("0123456789abcdefx.0000....777xx:X")
        for _ in 0..<500 {
            let text = String(
                (0..<Int.random(in: 1...16, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? "0" })
            var v4 = in_addr()
            let system: UInt32? = inet_aton(text, &v4) == 1 ? UInt32(bigEndian: v4.s_addr) : nil
            #expect(IPAddress.numericHost(text) == system, "\(text)")
            var strict = in_addr()
            let isStrict = inet_pton(AF_INET, text, &strict) == 1
            if let address = IPAddress(text), address.isV4 { #expect(isStrict, "\(text)") }
            if isStrict { #expect(IPAddress(text)?.isV4 == true, "\(text)") }
        }
    }

    @Test(
        "The bounds of every part are parsed as the system parses them",
        arguments: [
            "255.1.1.1", "256.1.1.1", "1.256.1.1", "1.2.256.1", "1.2.3.256", "1.2.65535", "1.2.65536", "1.16777215",
            "1.16777216", "4294967295",
            "4294967296", "0377.1", "0400.1", "0xff.1", "0x100.1", "00000000001.1", "1.2.3.", ".1.2.3", "1.2.3.4.",
            "0x1.0x2.0x3.0x4", "08.1", "1.2.3.08",
        ])
    func edges(_ text: String) {
        var v4 = in_addr()
        #expect(IPAddress.numericHost(text) == (inet_aton(text, &v4) == 1 ? UInt32(bigEndian: v4.s_addr) : nil))
    }

    @Test("IPv6 is parsed and formatted as by the system", arguments: 0..<20)
    func v6AgreesWithTheSystem(_ seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed) + 1000)
        for _ in 0..<300 {
            var groups = (0..<Int.random(in: 1...9, using: &random)).map { _ in
                Bool.random(using: &random) ? "0" : String(UInt32.random(in: 0...0x1_0FFF, using: &random), radix: 16)
            }
            if Bool.random(using: &random) { groups.insert("", at: Int.random(in: 0...groups.count, using: &random)) }
            if Int.random(in: 0..<4, using: &random) == 0 { groups.append("1.2.3.4") }
            var text = groups.joined(separator: ":")
            if Int.random(in: 0..<4, using: &random) == 0 { text = ":" + text }
            if Int.random(in: 0..<6, using: &random) == 0 { text += ":" }
            var bytes = in6_addr()
            let isValid = inet_pton(AF_INET6, text, &bytes) == 1
            let ours = IPAddress(text)
            #expect((ours != nil) == isValid, "\(text)")
            guard isValid, let ours else { continue }
            let bits = withUnsafeBytes(of: bytes) { $0.reduce(UInt128(0)) { $0 << 8 | UInt128($1) } }
            #expect(ours.bits == bits, "\(text)")
            #expect(IPAddress(ours.description) == ours, "\(text) became \(ours)")
        }
    }

    @Test(
        "Addresses are written in canonical form",
        arguments: [
            ("127.0.0.1", "127.0.0.1"), ("::", "::"), ("::1", "::1"), ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
            ("1:0:0:2:0:0:3:4", "1::2:0:0:3:4"), ("2001:DB8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("1::", "1::"),
            ("::ffff:1.2.3.4", "::ffff:102:304"),
        ])
    func canonical(_ text: String, _ expected: String) {
        #expect(IPAddress(text)?.description == expected)
    }
}
