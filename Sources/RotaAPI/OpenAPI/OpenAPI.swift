import RotaHTTP

/// Describes an API in OpenAPI 3.1, from its route table, so that the description cannot differ from what is served.
enum OpenAPI {
    static func document(of api: APIContext) -> JSONValue {
        var paths: [(String, [(String, JSONValue?)])] = []
        for route in api.routes {
            let member = (route.operation.method.lowercased(), JSONValue?.some(operation(route)))
            if let place = paths.firstIndex(where: { $0.0 == route.operation.path }) {
                paths[place].1.append(member)
            } else {
                paths.append((route.operation.path, [member]))
            }
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": .string("Rota, as \(api.profile)"), "version": "1",
                "description": "A scheduler's HTTP API. Made from the routes that are served.",
            ],
            "servers": [["url": .string(api.prefix.isEmpty ? "/" : "/" + api.prefix.joined(separator: "/"))]],
            "paths": .record(paths.map { ($0.0, .record($0.1)) }),
            "components": [
                "securitySchemes": ["bearer": ["type": "http", "scheme": "bearer"]],
                "schemas": ["Error": Schema.object([("error", Schema.anything)])],
            ],
        ]
    }

    private static func operation(_ route: Route) -> JSONValue {
        let parameters =
            route.segments.compactMap { segment -> JSONValue? in
                guard case .parameter(let name) = segment else { return nil }
                return ["name": .string(name), "in": "path", "required": true, "schema": Schema.text]
            }
            + route.query.map { parameter in
                [
                    "name": .string(parameter.name), "in": "query", "required": false,
                    "description": .string(parameter.summary), "schema": parameter.schema,
                ]
            } + headers.filter { route.obeys.contains($0.condition) }.map(\.parameter)
        return .record([
            ("operationId", .string(route.operation.id)), ("summary", .string(route.operation.summary)),
            ("tags", [route.isOwn ? "rota" : "profile"]),
            ("parameters", parameters.isEmpty ? nil : .array(parameters)),
            (
                "requestBody",
                route.body.map { schema in
                    [
                        "required": .bool(schema["required"] != nil),
                        "content": ["application/json": ["schema": schema]],
                    ]
                }
            ), ("responses", responses(route)),
            ("security", route.operation.scope == nil ? [] : [["bearer": []]]),
        ])
    }

    private static let headers: [(condition: Route.Conditions, parameter: JSONValue)] = [
        (
            .key,
            header(
                "Idempotency-Key", "Makes the request repeatable: it is answered like the first one with this key",
                Schema.key)
        ),
        (
            .match,
            header("If-Match", "The job's ETag that the request is based on; 412 if the job was changed since")
        ),
    ]

    private static func header(_ name: String, _ summary: String, _ schema: JSONValue = Schema.text) -> JSONValue {
        [
            "name": .string(name), "in": "header", "required": false, "description": .string(summary),
            "schema": schema,
        ]
    }

    private static func responses(_ route: Route) -> JSONValue {
        let success: JSONValue = .record([
            ("description", "Done"),
            ("content", route.answer.map { .object([.init(route.answerType, ["schema": $0])]) }),
        ])
        var members: [(String, JSONValue?)] = [("\(route.status)", success)]
        if route.isRepeatable, route.status != 200 { members.append(("200", success)) }
        let error: JSONValue = [
            "description": "Refused, with the reason",
            "content": ["application/json": ["schema": ["$ref": "#/components/schemas/Error"]]],
        ]
        return .record(members + [("4XX", error), ("5XX", error)])
    }
}
