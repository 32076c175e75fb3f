extension SchemaCase {
    /// The vocabulary *core*: references, names and embedded schemas.
    static let core = read(
        ##"""
        # $ref by pointer
        {"properties": {"foo": {"$ref": "#"}}, "additionalProperties": false}
        + {"foo": false}
        + {"foo": {"foo": false}}
        - {"bar": false}
        - {"foo": {"bar": false}}
        {"properties": {"foo": {"type": "integer"}, "bar": {"$ref": "#/properties/foo"}}}
        + {"bar": 3}
        - {"bar": true}
        {"prefixItems": [{"type": "integer"}, {"$ref": "#/prefixItems/0"}]}
        + [1, 2]
        - [1, "x"]
        {"$defs": {"tilde~field": {"type": "integer"}, "slash/field": {"type": "integer"}, "percent%field": {"type": "integer"}}, "properties": {"tilde": {"$ref": "#/$defs/tilde~0field"}, "slash": {"$ref": "#/$defs/slash~1field"}, "percent": {"$ref": "#/$defs/percent%25field"}}}
        + {"tilde": 1, "slash": 1, "percent": 1}
        - {"tilde": "x"}
        - {"slash": "x"}
        - {"percent": "x"}
        {"$defs": {"a": {"type": "integer"}, "b": {"$ref": "#/$defs/a"}, "c": {"$ref": "#/$defs/b"}}, "$ref": "#/$defs/c"}
        + 5
        - "a"
        {"$defs": {"r": {"type": "array"}}, "properties": {"foo": {"$ref": "#/$defs/r", "maxItems": 2}}}
        + {"foo": []}
        - {"foo": [1, 2, 3]}
        - {"foo": "x"}
        {"properties": {"$ref": {"type": "string"}}}
        + {"$ref": "a"}
        - {"$ref": 2}
        {"properties": {"$ref": {"$ref": "#/$defs/is-string"}}, "$defs": {"is-string": {"type": "string"}}}
        + {"$ref": "a"}
        - {"$ref": 2}
        {"$ref": "#/$defs/bool", "$defs": {"bool": true}}
        + 1
        {"$ref": "#/$defs/bool", "$defs": {"bool": false}}
        - 1
        {"$defs": {"foo\"bar": {"type": "number"}}, "properties": {"foo\"bar": {"$ref": "#/$defs/foo%22bar"}}}
        + {"foo\"bar": 1}
        - {"foo\"bar": "1"}
        {"$ref": "#/own/a", "own": {"a": {"type": "integer"}}}
        + 1
        - "x"
        {"$defs": {"": {"$defs": {"": {"type": "number"}}}}, "allOf": [{"$ref": "#/$defs//$defs/"}]}
        + 1
        - "a"
        {"definitions": {"a": {"type": "integer"}}, "$ref": "#/definitions/a"}
        + 1
        - "x"
        # $anchor
        {"$ref": "#foo", "$defs": {"a": {"$anchor": "foo", "type": "integer"}}}
        + 1
        - "a"
        {"$id": "http://localhost/root", "$ref": "http://localhost/bar#foo", "$defs": {"A": {"$id": "http://localhost/bar", "$anchor": "foo", "type": "integer"}}}
        + 1
        - "a"
        {"$id": "http://localhost/root", "$ref": "http://localhost/nested.json#foo", "$defs": {"A": {"$id": "nested.json", "$defs": {"B": {"$anchor": "foo", "type": "integer"}}}}}
        + 1
        - "a"
        {"$id": "http://localhost/foobar", "$defs": {"A": {"$id": "child1", "allOf": [{"$id": "child2", "$anchor": "my_anchor", "type": "number"}, {"$anchor": "my_anchor", "type": "string"}]}}, "$ref": "child1#my_anchor"}
        + "a"
        - 1
        # $id of embedded schemas
        {"$id": "http://localhost/node-tree", "type": "object", "properties": {"meta": {"type": "string"}, "nodes": {"type": "array", "items": {"$ref": "node"}}}, "required": ["meta", "nodes"], "$defs": {"node": {"$id": "http://localhost/node", "type": "object", "properties": {"value": {"type": "number"}, "subtree": {"$ref": "node-tree"}}, "required": ["value"]}}}
        + {"meta": "root", "nodes": [{"value": 1, "subtree": {"meta": "child", "nodes": [{"value": 1.1}]}}]}
        - {"meta": "root", "nodes": [{"value": 1, "subtree": {"meta": "child", "nodes": [{"value": "x"}]}}]}
        {"$id": "http://example.com/schema-relative-uri-defs1.json", "properties": {"foo": {"$id": "schema-relative-uri-defs2.json", "$defs": {"inner": {"properties": {"bar": {"type": "string"}}}}, "$ref": "#/$defs/inner"}}, "$ref": "schema-relative-uri-defs2.json"}
        + {"foo": {"bar": "a"}, "bar": "a"}
        - {"foo": {"bar": 1}, "bar": "a"}
        - {"foo": {"bar": "a"}, "bar": 1}
        {"$id": "http://example.com/draft2020-12/ref-and-id1.json", "$ref": "int.json", "$defs": {"bigint": {"$id": "/draft2020-12/int.json", "maximum": 10}, "smallint": {"$id": "/draft2020-12/other.json", "maximum": 2}}}
        + 5
        - 50
        {"$id": "urn:uuid:deadbeef-1234-ffff-ffff-4321feebdaed", "minProperties": 1, "properties": {"foo": {"$ref": "urn:uuid:deadbeef-1234-ffff-ffff-4321feebdaed"}}}
        + {"foo": {"bar": 1}}
        - {"foo": {}}
        {"$id": "urn:uuid:deadbeef-1234-0000-0000-4321feebdaed", "properties": {"foo": {"$ref": "#/$defs/bar"}}, "$defs": {"bar": {"type": "string"}}}
        + {"foo": "bar"}
        - {"foo": 12}
        {"$id": "urn:uuid:deadbeef-1234-00ff-ff00-4321feebdaed", "properties": {"foo": {"$ref": "urn:uuid:deadbeef-1234-00ff-ff00-4321feebdaed#something"}}, "$defs": {"bar": {"$anchor": "something", "type": "string"}}}
        + {"foo": "bar"}
        - {"foo": 12}
        {"$defs": {"a": {"const": {"$id": "id.json", "type": "null"}}, "b": {"$id": "http://localhost/id.json", "type": "string"}}, "anyOf": [{"$ref": "#/$defs/a"}, {"$ref": "http://localhost/id.json"}]}
        + {"$id": "id.json", "type": "null"}
        + "x"
        - 1
        {"allOf": [{"$ref": "http://e.com/a"}, {"$ref": "http://e.com/b/c"}], "$defs": {"x": {"$id": "http://e.com/a", "minimum": 1}, "y": {"$id": "http://e.com/b/", "$defs": {"z": {"$id": "c", "maximum": 3}}}}}
        + 2
        - 0
        - 4
        # $dynamicRef
        {"$id": "https://test/typical", "$ref": "list", "$defs": {"foo": {"$dynamicAnchor": "items", "type": "string"}, "list": {"$id": "list", "type": "array", "items": {"$dynamicRef": "#items"}, "$defs": {"items": {"$dynamicAnchor": "items"}}}}}
        + ["foo", "bar"]
        - ["foo", 42]
        {"$id": "https://test/root", "$ref": "list", "$defs": {"foo": {"$anchor": "items", "type": "string"}, "list": {"$id": "list", "type": "array", "items": {"$dynamicRef": "#items"}, "$defs": {"items": {"$dynamicAnchor": "items"}}}}}
        + ["foo", 42]
        {"$id": "https://test/static", "$ref": "list", "$defs": {"foo": {"$dynamicAnchor": "items", "type": "string"}, "list": {"$id": "list", "type": "array", "items": {"$dynamicRef": "#items"}, "$defs": {"items": {"$anchor": "items"}}}}}
        + ["foo", 42]
        {"$id": "https://test/same", "type": "array", "items": {"$dynamicRef": "#items"}, "$defs": {"foo": {"$dynamicAnchor": "items", "type": "string"}}}
        + ["foo"]
        - [42]
        {"$id": "https://test/ref", "type": "array", "items": {"$ref": "#items"}, "$defs": {"foo": {"$dynamicAnchor": "items", "type": "string"}}}
        + ["foo"]
        - [42]
        {"$id": "https://test/strict-tree", "$dynamicAnchor": "node", "$ref": "tree", "unevaluatedProperties": false, "$defs": {"tree": {"$id": "tree", "$dynamicAnchor": "node", "type": "object", "properties": {"data": true, "children": {"type": "array", "items": {"$dynamicRef": "#node"}}}}}}
        + {"children": [{"data": 1}]}
        - {"children": [{"daat": 1}]}
        - {"x": 1}
        {"$id": "https://test/intermediate", "$ref": "intermediate-scope", "$defs": {"foo": {"$dynamicAnchor": "items", "type": "string"}, "intermediate": {"$id": "intermediate-scope", "$ref": "list"}, "list": {"$id": "list", "type": "array", "items": {"$dynamicRef": "#items"}, "$defs": {"items": {"$dynamicAnchor": "items"}}}}}
        + ["a"]
        - [1]
        {"$id": "https://test/pointer", "$ref": "list", "$defs": {"foo": {"$dynamicAnchor": "items", "type": "string"}, "list": {"$id": "list", "type": "array", "items": {"$dynamicRef": "#/$defs/items"}, "$defs": {"items": {"$dynamicAnchor": "items", "type": "number"}}}}}
        + [1]
        - ["a"]
        # the same schema twice for one value is no circle
        {"$defs": {"int": {"type": "integer"}}, "allOf": [{"properties": {"foo": {"$ref": "#/$defs/int"}}}, {"additionalProperties": {"$ref": "#/$defs/int"}}]}
        + {"foo": 1}
        - {"foo": "a"}
        # unknown keywords
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "unknown": {"$id": "x y", "$ref": 3}, "type": "null"}
        + null
        - 1
        {"$comment": "anything", "$vocabulary": {"x": true}}
        + 1
        """##)
}
