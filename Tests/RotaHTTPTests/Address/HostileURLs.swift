import RotaHTTP

/// URLs that lead, or try to lead, to a host that is not on the public Internet.
enum HostileURLs {
    static let all: [String] =
        ranges.flatMap(spellings) + inIPv6 + numeric + names + ports + userInfo + malformed + smuggling

    /// The first, the last and one address in the middle of every special-purpose IPv4 range.
    static let ranges: [UInt32] = [
        (0x0000_0000, 8), (0x0A00_0000, 8), (0x6440_0000, 10), (0x7F00_0000, 8), (0xA9FE_0000, 16), (0xAC10_0000, 12),
        (0xC000_0000, 24), (0xC000_0200, 24), (0xC01F_C400, 24), (0xC034_C100, 24), (0xC058_6300, 24),
        (0xC0A8_0000, 16), (0xC0AF_3000, 24), (0xC612_0000, 15), (0xC633_6400, 24), (0xCB00_7100, 24), (0xE000_0000, 4),
        (0xF000_0000, 4), (0xA9FE_A9FE, 32), (0xA83F_8110, 32), (0x6464_64C8, 32), (0xC000_00C0, 32),
    ].flatMap { (base: UInt32, length: UInt32) -> [UInt32] in
        let last = length == 32 ? base : base | (UInt32.max >> length)
        return length == 32 ? [base] : [base, base &+ (last &- base) / 2, last]
    }

    /// One address in every spelling that `inet_aton` accepts, and inside IPv6.
    private static func spellings(_ address: UInt32) -> [String] {
        let octets = [24, 16, 8, 0].map { (address >> UInt32($0)) & 0xFF }
        let (a, b, c, d) = (octets[0], octets[1], octets[2], octets[3])
        func hex(_ value: UInt32) -> String { String(value, radix: 16) }
        func octal(_ value: UInt32) -> String { String(value, radix: 8) }
        let high = hex(address >> 16)
        let low = hex(address & 0xFFFF)
        return [
            "http://\(a).\(b).\(c).\(d)/", "https://\(a).\(b).\(c).\(d):8443/path?x=1", "http://\(address)/",
            "http://0x\(hex(address))/", "http://0\(octal(address))/", "http://0x\(hex(a)).0x\(hex(b)).\(c).\(d)/",
            "http://0\(octal(a)).0\(octal(b)).0\(octal(c)).0\(octal(d))/", "http://\(a).\(address & 0xFF_FFFF)/",
            "http://\(a).\(b).\(address & 0xFFFF)/", "http://\(a).\(b).\(c).\(d)./",
            "http://[::ffff:\(a).\(b).\(c).\(d)]/", "http://[::\(high):\(low)]/", "http://[64:ff9b::\(high):\(low)]/",
            "http://[2002:\(high):\(low)::1]/",
        ]
    }

    static let inIPv6 = [
        "::", "::1", "0:0:0:0:0:0:0:1", "0000:0000:0000:0000:0000:0000:0000:0001", "::ffff:0:0", "::ffff:127.0.0.1",
        "::ffff:7f00:1", "::ffff:8.8.8.8", "64:ff9b::10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1",
        "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "100::", "100::1", "100:0:0:1::1", "2001::1", "2001:0:4136:e378::1",
        "2001:1::1", "2001:2::1", "2001:3::1", "2001:4:112::1", "2001:10::1", "2001:20::1", "2001:30::1",
        "2001:1ff:ffff:ffff::1", "2001:db8::1", "2001:db8:ffff::1", "2002::1", "2002:7f00:1::", "2002:a00:1::1",
        "2620:4f:8000::1", "3fff::1", "3fff:fff::1", "5f00::1", "fc00::1", "fd00::1", "fd00:ec2::254", "fdff:ffff::1",
        "fe80::1", "fe80::a9fe:a9fe", "febf::1", "fec0::1", "feff::1", "ff02::1", "ff0e::1", "4000::1", "8000::1",
        "::2", "::a00:1", "::10.0.0.1", "1::1", "e000::1",
    ].map { "http://[\($0)]/" }

    static let numeric = [
        "http://127.1/", "http://127.0.1/", "http://0/", "http://00/", "http://0x0/", "http://0x7f.1/",
        "http://0x7F000001/", "http://017700000001/", "http://0177.1/", "http://0X7F.0.0.1/", "http://10.1/",
        "http://169.254.43518/", "http://2852039166/", "http://0xa9fea9fe/", "http://0251.0376.0251.0376/",
        "http://3232235521/", "http://192.168.1/", "http://0300.0250.1/", "http://127.0.0.1.:80/",
        "http://127.000.000.001/",
        // A host that looks like a number but is not valid must not reach a resolver either.
        "http://256.1.1.1/", "http://1.2.3.4.5/", "http://4294967296/", "http://0x100000000/", "http://1.2.3.256/",
        "http://08/", "http://09.1.1.1/", "http://0x/", "http://0xg/", "http://1..2/", "http://127.0.0.0x/",
        "http://99999999999999999999999999/", "http://1.2.3.0x1ffffffff/",
    ]

    static let names = [
        "localhost", "LOCALHOST", "localhost.", "foo.localhost", "a.b.localhost", "printer.local", "LOCAL",
        "metadata.google.internal", "metadata.google.internal.", "metadata", "kubernetes", "db", "router", "intranet",
        "kubernetes.default.svc.cluster.local", "host.docker.internal", "gateway.docker.internal",
        "vault.corp.internal", "nas.home.arpa", "box.lan", "server.home", "files.corp", "x.private", "ip6-localhost",
        "localhost.localdomain", "app.intranet", "hidden.onion", "a.test", "a.invalid", "x.alt",
        "instance-data", "foo.bar.internal",
    ].map { "http://\($0)/" }

    static let ports = [1, 22, 23, 25, 53, 110, 111, 139, 143, 389, 465, 514, 587, 993, 2049, 6000, 6667, 10080]
        .map { "http://example.com:\($0)/" }

    static let userInfo = [
        "http://user:password@example.com/", "http://user@example.com/", "http://@example.com/",
        "http://:@example.com/",
        "http://example.com@127.0.0.1/", "http://127.0.0.1@example.com/", "http://example.com:80@10.0.0.1/",
        "http://example.com%40127.0.0.1/", "https://a@b@example.com/", "http://foo:80@127.0.0.1:80/",
        "http://example.com\\@127.0.0.1/",
    ]

    static let malformed = [
        "", "/", "//", "http:", "http:/", "http://", "http:///", "http:///path", "https://:80/", "http://?", "http://#",
        "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "dict://127.0.0.1:11211/", "javascript:x",
        "data:text/plain,x", "ldap://example.com/", "jar:http://example.com/", "example.com", "//example.com/",
        "http//example.com", "ht tp://example.com/", " http://example.com/", "http://example.com /", "http:example.com",
        "http://exa mple.com/", "http://example.com:/", "http://example.com:0/", "http://example.com:65536/",
        "http://example.com:-1/", "http://example.com:+80/", "http://example.com:8a/", "http://example.com:80:80/",
        "http://[::1/", "http://::1/", "http://[::1]x/", "http://[::1]:/", "http://[fe80::1%25eth0]/",
        "http://[127.0.0.1]/",
        "http://[::1%eth0]/", "http://[v1.x]/", "http://[]/", "http://[:::]/", "http://[1:2:3:4:5:6:7:8:9]/",
        "http://.example.com/", "http://example..com/", "http://-a.example.com/", "http://a-.example.com/",
        "http://exam%70le.com/", "http://127.0.0.1%00.example.com/", "http://%6c%6f%63%61%6c%68%6f%73%74/",
        "http://1\u{2024}2.3.4/", "http://\u{2460}\u{2461}\u{2466}.0.0.1/", "http://127\u{3002}0\u{3002}0\u{3002}1/",
        "http://\u{FF11}\u{FF12}\u{FF17}.0.0.1/", "http://ⓛocalhost/", "http://example。com/",
        "http://ex\u{AD}ample.com/",
        "http://example.com\u{2044}@127.0.0.1/", "http://exa*mple.com/", "http://exa!mple.com/", "http://exa,mple.com/",
        "http://(example.com)/", "http://example.com;127.0.0.1/", "http://example.com&127.0.0.1/", "http://$host/",
        "http://{host}/", "http://example.com|127.0.0.1/", "http://example.com<script>/", "http://exam\"ple.com/",
        "http://" + String(repeating: "a", count: 64) + ".com/",
        "http://" + String(repeating: "a.", count: 130) + "com/",
        "http://example.com/" + String(repeating: "a", count: 9000), "http://example.com/%", "http://example.com/%zz",
        "http://example.com/%4", "http://example.com/a\\b",
    ]

    static let smuggling = [
        "http://example.com/\r\nX: y", "http://example.com/\n", "http://example.com/\r", "http://example.com/a\u{0}b",
        "http://example.com\r\n/", "http://example.com\u{0}/", "http://example.com/ HTTP/1.1\r\nHost: 127.0.0.1",
        "http://example.com/\t", "http://exa\tmple.com/", "ht\ntp://example.com/", "http://example.com/\u{7F}",
        "http://example.com/\u{1B}", "http://example.com:80\r\n/", "http://example.com/?a=\r\n",
        "http://example.com/#\n",
    ]
}
