import Foundation
import RotaHTTP

/// The page with which a browser shows and steers a scheduler.
///
/// It is one file without a build step, `index.html` beside this one. It may load nothing, run only its own script, and
/// talk only to the server it came from (Content Security Policy Level 3).
enum Page {
    static let routes: [Route] = [
        Route(
            .get, "/_rota", "rotaGetPage", nil, "The page", answer: Schema.text, answerType: "text/html"
        ) { _ in response }
    ]

    private static let html = Data(PackageResources.index_html)

    private static let response = APIResponse(
        status: 200,
        headers: [
            "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy,
            "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
            "X-Frame-Options": "DENY", "Cache-Control": "no-cache",
        ], body: html)

    /// The policy names the script and the style by their hashes, so that no other ever runs.
    private static let policy = [
        "default-src 'none'", "script-src \(source("script"))", "style-src \(source("style"))", "img-src data:",
        "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
    ].joined(separator: "; ")

    /// The hash of the text between the tags of an element.
    private static func source(_ element: String) -> String {
        let text = String(decoding: html, as: UTF8.self)
        guard let start = text.range(of: "<\(element)>"),
            let end = text.range(of: "</\(element)>", range: start.upperBound..<text.endIndex)
        else { return "'none'" }
        let digest = Digest.sha256(Array(text[start.upperBound..<end.lowerBound].utf8))
        return "'sha256-\(Data(digest).base64EncodedString())'"
    }
}
