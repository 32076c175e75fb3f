import Foundation
import RotaHTTP

extension TransportContract {
    /// The checks of a transport that follows redirects, made with `redirects: .following(upTo: 5)` or its like.
    ///
    /// ```swift
    /// for check in TransportContract.redirectChecks {
    ///     try await check.run { URLSessionTransport(addressPolicy: .unrestricted, redirects: .following(upTo: 5)) }
    /// }
    /// ```
    public static let redirectChecks: [Check] = [
        Check(
            "a relative target is resolved as a browser does", because: "RFC 3986 § 5.2 and WHATWG URL"
        ) { transport in
            let targets = [
                ("../c/./d?e#f", "/c/d?e"), ("?q=a b", "/a/b?q=a%20b"), ("ü", "/a/%C3%BC"),
                ("//127.0.0.1:PORT/x", "/x"),
                ("\\y", "/y"), (" /z \t", "/z"), ("100%", "/a/100%25"), ("http:w", "/a/w"), ("/%2e%2E/v", "/v"),
            ]
            try await withServer({ request in
                guard let number = request.path == "/a/b" ? request.headers["X-Case"].flatMap({ Int($0) }) : nil,
                    let port = request.headers["X-Port"], !request.target.contains("q=")
                else { return .status(200) }
                return .redirect(to: targets[number].0.replacing("PORT", with: port))
            }) { server in
                for number in targets.indices {
                    let request = try HTTPRequest(
                        url: server.url("/a/b"), headers: ["X-Case": "\(number)", "X-Port": "\(server.port)"],
                        timeout: patience)
                    let status = try await transport.send(request).status
                    try ContractViolation.require(status == 200, "\(targets[number].0) ended as \(status)")
                    let target = server.requests.last?.target ?? ""
                    try ContractViolation.require(
                        target == targets[number].1, "\(targets[number].0) led to \(target), not \(targets[number].1)")
                }
            }
        },
        Check(
            "the status decides about method and body", because: "RFC 9110 § 15.4, and what browsers made of it"
        ) { transport in
            try await withServer({
                $0.path == "/end" ? .status(200) : .redirect(to: "/end", status: Int($0.path.dropFirst()) ?? 302)
            }) { server in
                for status in [301, 302, 303, 307, 308] {
                    for method in HTTPMethod.allCases {
                        let body: HTTPBody = method.allowsBody ? .text("body") : .none
                        let request = try HTTPRequest(
                            method: method, url: server.url("/\(status)"), body: body, timeout: patience)
                        _ = try await transport.send(request)
                        let becomesGet = status < 307 && (method == .post || status == 303 && method != .head)
                        let expected = becomesGet ? HTTPMethod.get : method
                        let got = server.requests.last
                        try ContractViolation.require(
                            got?.method == expected.rawValue && got?.path == "/end",
                            "\(method) after \(status) became \(got?.method ?? "nothing")")
                        try ContractViolation.require(
                            got?.text
                                == (expected == method
                                    ? body.data.map { String(decoding: $0, as: UTF8.self) } ?? "" : ""),
                            "\(method) after \(status) has the body \(got?.text ?? "")")
                    }
                }
            }
        },
        Check(
            "credentials do not leave their origin", because: "another host, port or scheme belongs to others"
        ) { transport in
            try await withServer({ _ in .status(200) }) { other in
                let address = other.address("/there")
                try await withServer({
                    $0.path == "/away"
                        ? .redirect(to: address) : $0.path == "/stay" ? .redirect(to: "/there") : .status(200)
                }) { server in
                    let secrets: HTTPHeaders = [
                        "Authorization": "Bearer x", "Cookie": "a=b", "X-Api-Key": "k", "Accept": "text/html",
                    ]
                    for (path, receiver) in [("/away", other), ("/stay", server)] {
                        _ = try await transport.send(
                            HTTPRequest(url: server.url(path), headers: secrets, timeout: patience))
                        guard let got = receiver.requests.last, got.path == "/there" else {
                            throw ContractViolation("\(path) was not followed")
                        }
                        try ContractViolation.require(got.headers["Accept"] == "text/html", "another field was lost")
                        for name in ["Authorization", "Cookie", "X-Api-Key"] {
                            try ContractViolation.require(
                                got.headers.contains(name) == (path == "/stay"),
                                "\(name) was \(path == "/stay" ? "dropped within" : "sent to another") origin")
                        }
                    }
                }
            }
        },
        Check(
            "circles and chains too long are errors", because: "they would cost the whole deadline"
        ) { transport in
            try await withServer({ request in
                switch request.path {
                case "/self": .redirect(to: "")
                case "/a": .redirect(to: "/b/../%62")
                case "/b": .redirect(to: "/./a")
                default: .redirect(to: "/\((Int(request.path.dropFirst()) ?? 0) + 1)")
                }
            }) { server in
                for path in ["/self", "/a", "/0"] {
                    let error = try await requireFailure(
                        [.redirect], HTTPRequest(url: server.url(path), timeout: patience), transport)
                    try ContractViolation.require(error.status == 302, "the error has lost its status")
                }
            }
        },
        Check(
            "a target that is no URL of http is an error, and ends nothing", because: "the target is text from outside"
        ) { transport in
            let targets = [
                "ftp://127.0.0.1/", "file:///etc/passwd", "javascript:1", "http://user:pw@127.0.0.1/", "http://[::1",
                "//", "//a%20b/",
                "http://127.0.0.1:99999/",
            ]
            try await besideNeighbor(transport) { _ in
                try await withServer({ .redirect(to: targets[Int($0.path.dropFirst()) ?? 0]) }) { server in
                    for number in targets.indices {
                        try await requireFailure(
                            [.redirect], HTTPRequest(url: server.url("/\(number)"), timeout: patience), transport)
                    }
                }
            }
        },
        Check(
            "one deadline covers the whole chain", because: "each hop could otherwise take it again"
        ) { transport in
            try await withServer({
                .redirect(to: "/\((Int($0.path.dropFirst()) ?? 0) + 1)").delayed(by: .milliseconds(150))
            }) { server in
                _ = try await requireFailure(
                    [.timeout], HTTPRequest(url: server.url("/0"), timeout: .milliseconds(400)), transport)
            }
        },
    ]
}
