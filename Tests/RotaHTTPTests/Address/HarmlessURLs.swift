/// Ordinary public URLs, which no policy for the public Internet may refuse.
enum HarmlessURLs {
    static let all: [String] = hosts.flatMap { ["https://\($0)/", "http://\($0)/path?q=1"] } + addresses + shapes

    static let hosts = [
        "example.com", "www.example.com", "api.example.com", "EXAMPLE.com", "example.com.", "a.b.c.d.example.co.uk",
        "xn--bcher-kva.example.com", "xn--80ak6aa92e.com", "1e100.net", "0.pool.ntp.org", "3com.com", "1.fm",
        "9gag.com",
        "0x.org", "0xdeadbeef.example.com", "127.0.0.1.nip.example.com", "10.example.com", "my_bucket.example.com",
        "_dmarc.example.com", "a--b.example.com", "localhost.example.com", "local.example.com", "internal.example.com",
        "mylocalhost.com", "notlocal.net", "internal.io", "lan.party.org", "home.cern", "corporate.com", "testing.com",
        "invalidate.net", "hooks.slack.com", "api.github.com", "api.stripe.com", "discord.com", "api.telegram.org",
        "maps.googleapis.com", "s3.amazonaws.com", "eu-west-1.queue.amazonaws.com", "graph.microsoft.com",
        "status.cloud.example.org", "swift.org", "docs.swift.org", "kubernetes.io", "de.wikipedia.org", "bbc.co.uk",
        "example.museum", "example.photography", "t.co", "x.com", "a.io", "news.ycombinator.com", "api.trigrun.com",
        "app.krafter.dev", "api.infrai.cc", "docs.strait.dev", "alternate.com", "onion.com", "homearpa.com",
        "private-api.example.com", "intranet-tools.com", "cron.example.com", "a1.b2.c3.net", "123.example.com",
        "4chan.org",
    ]

    /// Just outside the special-purpose ranges, and well-known public services.
    static let addresses = [
        "1.1.1.1", "8.8.8.8", "9.9.9.9", "1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
        "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0",
        "191.255.255.255", "192.0.1.0", "192.0.3.0", "192.31.195.255", "192.31.197.0", "192.52.192.255", "192.52.194.0",
        "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0", "192.175.47.255", "192.175.49.0",
        "198.17.255.255", "198.20.0.0", "198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0",
        "223.255.255.255", "168.63.129.15", "168.63.129.17", "93.184.215.14", "0x08.8.8.8", "134744072", "010.8.8.8",
        "[2606:4700:4700::1111]", "[2001:4860:4860::8888]", "[2620:fe::fe]", "[2001:200::1]", "[2001:db7::1]",
        "[2001:db9::1]", "[2003::1]", "[2000::1]", "[2620:4f:7fff::1]", "[2620:4f:8001::1]", "[3ffe::1]",
        "[3fff:1000::1]",
        "[64:ff9b::8.8.8.8]", "[64:ff9b::101:101]", "[2a00:1450:4001:81b::200e]",
    ].map { "http://\($0)/" }

    static let shapes = [
        "https://example.com", "https://example.com?q=1", "https://example.com#top", "https://example.com:443/",
        "http://example.com:80/", "http://example.com:8080/", "https://example.com:8443/", "http://example.com:3000/",
        "http://example.com:65535/", "HTTPS://EXAMPLE.COM/Path", "https://example.com/a/b/c",
        "https://example.com/a//b",
        "https://example.com/?a=b&c=d", "https://example.com/?a=b=c", "https://example.com/?url=http://127.0.0.1/",
        "https://example.com/@user", "https://example.com/a:b", "https://example.com/?user@host",
        "https://example.com/%20",
        "https://example.com/%E2%9C%93", "https://example.com/ü", "https://example.com/日本", "https://example.com/?q=✓",
        "https://example.com/a;b=c", "https://example.com/a,b", "https://example.com/!$&'()*+,;=",
        "https://example.com/~me",
        "https://example.com/{id}", "https://example.com/[1]", "https://example.com/a|b", "https://example.com/.",
        "https://example.com/..", "https://example.com/a/../b", "https://example.com/-_.~", "https://example.com/?",
        "https://example.com/#", "https://example.com/?#", "https://example.com/%25", "https://example.com/\"q\"",
    ]
}
