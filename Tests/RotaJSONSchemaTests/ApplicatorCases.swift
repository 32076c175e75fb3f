extension SchemaCase {
    /// The vocabularies *applicator* and *unevaluated*.
    static let applicator = read(
        #"""
        # allOf, anyOf, oneOf, not
        {"allOf": [{"required": ["a"]}, {"properties": {"a": {"type": "integer"}}}]}
        + {"a": 1}
        - {"b": 1}
        - {"a": "x"}
        {"allOf": [true, false]}
        - 1
        {"allOf": [{"multipleOf": 2}], "anyOf": [{"multipleOf": 3}], "oneOf": [{"multipleOf": 5}]}
        + 30
        - 6
        - 10
        - 15
        {"anyOf": [{"type": "integer"}, {"minimum": 2}]}
        + 1
        + 2.5
        + 3
        + "x"
        - 1.5
        {"type": "string", "anyOf": [{"maxLength": 2}, {"minLength": 4}]}
        + "ab"
        + "abcd"
        - 3
        - "abc"
        {"anyOf": [false, false]}
        - 1
        {"oneOf": [{"type": "integer"}, {"minimum": 2}]}
        + 1
        + 2.5
        - 3
        - 1.5
        {"oneOf": [true, true, false]}
        - 1
        {"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}
        + {"a": 1}
        + {"b": 1, "c": 2}
        - {}
        - {"a": 1, "b": 1}
        {"not": {"type": ["integer", "boolean"]}}
        + "x"
        - 1
        - true
        {"properties": {"foo": {"not": {}}}}
        + {"bar": 1}
        - {"foo": 1}
        {"not": {"not": {"type": "null"}}}
        + null
        - 1
        # if, then, else
        {"if": {"exclusiveMaximum": 0}, "then": {"minimum": -10}, "else": {"multipleOf": 2}}
        + -1
        + 4
        - -100
        - 3
        {"if": {"const": 0}}
        + 0
        + "x"
        {"then": {"const": 0}}
        + 1
        {"else": {"const": 0}}
        + 1
        {"if": true, "then": {"const": "then"}, "else": {"const": "else"}}
        + "then"
        - "else"
        {"if": false, "then": {"const": "then"}, "else": {"const": "else"}}
        + "else"
        - "then"
        {"else": {"const": "other"}, "then": {"const": "yes"}, "if": {"maxLength": 4}}
        + "yes"
        + "other"
        - "no"
        - "invalid"
        # dependentSchemas
        {"dependentSchemas": {"bar": {"properties": {"foo": {"type": "integer"}}}}}
        + {"foo": 1, "bar": 2}
        + {"foo": "x"}
        + ["bar"]
        - {"foo": "x", "bar": 2}
        {"dependentSchemas": {"foo": true, "bar": false}}
        + {"foo": 1}
        + {}
        - {"bar": 1}
        {"dependentSchemas": {"foo\tbar": {"minProperties": 4}}}
        + {"foo\tbar": 1, "a": 2, "b": 3, "c": 4}
        - {"foo\tbar": 1, "a": 2}
        # prefixItems and items
        {"prefixItems": [{"type": "integer"}, {"type": "string"}]}
        + [1, "a"]
        + [1]
        + []
        + [1, "a", true]
        + {"0": "invalid"}
        - ["a", 1]
        {"prefixItems": [true, false]}
        + [1]
        - [1, "a"]
        {"items": {"type": "integer"}}
        + [1, 2]
        + []
        + {"a": "x"}
        - [1, "x"]
        {"items": false}
        + []
        - [1]
        {"prefixItems": [{}, {}], "items": {"type": "integer"}}
        + ["x", null, 3]
        + ["x"]
        - ["x", null, "3"]
        {"prefixItems": [{"type": "string"}], "items": false}
        + ["a"]
        - ["a", 1]
        {"allOf": [{"prefixItems": [{"minimum": 3}]}], "items": {"minimum": 5}}
        + [5, 5]
        - [3, 5]
        {"items": {"items": {"items": {"type": "number"}}}}
        + [[[1]], [[2], [3]]]
        - [[["1"]]]
        # contains
        {"contains": {"minimum": 5}}
        + [3, 4, 5]
        + {}
        - [2, 3]
        - []
        {"contains": true}
        + [1]
        - []
        {"contains": false}
        - [1]
        - []
        + "no array"
        {"items": {"multipleOf": 2}, "contains": {"multipleOf": 3}}
        + [6, 12]
        - [2, 4]
        - [3, 6]
        - [1, 5]
        {"contains": {"if": false, "else": true}}
        + ["x"]
        - []
        {"contains": {"type": "null"}}
        + [null]
        # properties, patternProperties, additionalProperties
        {"properties": {"foo": {"type": "integer"}, "bar": {"type": "string"}}}
        + {"foo": 1, "bar": "x"}
        + {"quux": []}
        + []
        - {"foo": 1, "bar": {}}
        - {"foo": [], "bar": {}}
        {"properties": {"foo": {"maxItems": 3}}, "patternProperties": {"f.o": {"minItems": 2}}, "additionalProperties": {"type": "integer"}}
        + {"foo": [1, 2]}
        + {"fxo": [1, 2]}
        + {"quux": 3}
        - {"foo": [1, 2, 3, 4]}
        - {"foo": []}
        - {"fxo": []}
        - {"quux": "foo"}
        {"properties": {"foo": true, "bar": false}}
        + {"foo": 1}
        - {"bar": 2}
        {"properties": {"__proto__": {"type": "number"}, "constructor": {"type": "number"}}}
        + {"__proto__": 1}
        - {"constructor": "x"}
        {"properties": {"foo\nbar": {"type": "number"}, "foo/bar": {"type": "number"}}}
        + {"foo\nbar": 1, "foo/bar": 2}
        - {"foo/bar": "2"}
        {"properties": {"foo": {"type": "null"}}}
        + {"foo": null}
        {"patternProperties": {"a*": {"type": "integer"}, "aaa*": {"maximum": 20}}}
        + {"a": 21}
        + {"aaaa": 18}
        - {"a": "x"}
        - {"aaaa": 31}
        - {"aaa": "x", "aaaa": 31}
        {"patternProperties": {"[0-9]{2,}": {"type": "boolean"}, "X_": {"type": "string"}}}
        + {"a31b": true, "a_x_3": 3}
        - {"a31b": null}
        - {"a_X_3": 3}
        {"patternProperties": {"f.*": true, "b.*": false}}
        + {"foo": 1}
        - {"bar": 2}
        {"properties": {"foo": {}, "bar": {}}, "patternProperties": {"^v": {}}, "additionalProperties": false}
        + {"foo": 1}
        + {"vroom": 1}
        + [1]
        - {"foo": 1, "quux": "x"}
        {"additionalProperties": {"type": "boolean"}}
        + {"foo": true}
        - {"foo": 1}
        {"allOf": [{"properties": {"foo": {}}}], "additionalProperties": {"type": "boolean"}}
        + {"foo": true}
        - {"foo": 1}
        {"patternProperties": {"^á": {}}, "additionalProperties": false}
        + {"ármányos": 2}
        - {"élmény": 2}
        # propertyNames
        {"propertyNames": {"maxLength": 3}}
        + {"f": {}, "foo": {}}
        + {}
        + [1]
        - {"foo": {}, "foobar": {}}
        {"propertyNames": {"pattern": "^a+$"}}
        + {"aa": 1}
        - {"aaA": 1}
        {"propertyNames": false}
        + {}
        - {"foo": 1}
        {"propertyNames": {"enum": ["foo", "bar"]}}
        + {"foo": 1, "bar": 1}
        - {"baz": 1}
        # unevaluatedProperties
        {"unevaluatedProperties": false}
        + {}
        - {"foo": 1}
        {"unevaluatedProperties": {"type": "string", "minLength": 3}}
        + {"foo": "foo"}
        - {"foo": "fo"}
        {"properties": {"foo": {}}, "patternProperties": {"^b": {}}, "unevaluatedProperties": false}
        + {"foo": 1, "bar": 2}
        - {"quux": 3}
        {"properties": {"foo": {}}, "additionalProperties": true, "unevaluatedProperties": false}
        + {"foo": 1, "x": 2}
        {"properties": {"foo": {}}, "allOf": [{"properties": {"bar": {}}}], "unevaluatedProperties": false}
        + {"foo": 1, "bar": 2}
        - {"foo": 1, "bar": 2, "baz": 3}
        {"properties": {"a": {}}, "anyOf": [{"properties": {"b": {"const": 1}}, "required": ["b"]}, {"properties": {"c": {"const": 1}}, "required": ["c"]}], "unevaluatedProperties": false}
        + {"a": 1, "b": 1}
        + {"a": 1, "b": 1, "c": 1}
        - {"a": 1, "b": 1, "c": 2}
        {"oneOf": [{"properties": {"b": {"const": 1}}, "required": ["b"]}, {"properties": {"c": {}}, "required": ["c"]}], "unevaluatedProperties": false}
        + {"b": 1}
        + {"c": 1}
        - {"b": 1, "d": 1}
        {"not": {"not": {"properties": {"bar": {"const": 1}}, "required": ["bar"]}}, "properties": {"foo": {}}, "unevaluatedProperties": false}
        - {"foo": 1, "bar": 1}
        {"if": {"properties": {"foo": {"const": "then"}}, "required": ["foo"]}, "then": {"properties": {"bar": {}}, "required": ["bar"]}, "else": {"properties": {"baz": {}}, "required": ["baz"]}, "unevaluatedProperties": false}
        + {"foo": "then", "bar": 1}
        + {"baz": 1}
        - {"foo": "then", "bar": 1, "baz": 1}
        - {"foo": "else", "baz": 1}
        {"if": {"properties": {"foo": {"const": "then"}}, "required": ["foo"]}, "unevaluatedProperties": false}
        + {"foo": "then"}
        - {"foo": "x"}
        - {"bar": 1}
        {"dependentSchemas": {"foo": {"properties": {"bar": {}}, "required": ["bar"]}}, "properties": {"foo": {}}, "unevaluatedProperties": false}
        + {"foo": 1, "bar": 2}
        - {"bar": 2}
        {"$ref": "#/$defs/a", "properties": {"foo": {}}, "unevaluatedProperties": false, "$defs": {"a": {"properties": {"bar": {}}}}}
        + {"foo": 1, "bar": 2}
        - {"foo": 1, "bar": 2, "x": 3}
        {"allOf": [{"properties": {"foo": {}}, "unevaluatedProperties": false}], "properties": {"bar": {}}}
        + {"foo": 1}
        - {"foo": 1, "bar": 1}
        {"allOf": [{"properties": {"foo": {}}, "unevaluatedProperties": true}], "unevaluatedProperties": false}
        + {"foo": 1, "bar": 2}
        {"allOf": [{"properties": {"foo": true}}, {"unevaluatedProperties": false}]}
        - {"foo": 1}
        {"properties": {"foo": {"properties": {"bar": {}}, "unevaluatedProperties": false}}, "anyOf": [{"properties": {"foo": {"properties": {"faz": {}}}}}]}
        + {"foo": {"bar": 1}}
        - {"foo": {"bar": 1, "faz": 2}}
        {"unevaluatedProperties": {"type": "null"}}
        + {"a": null}
        + [1]
        - {"a": 1}
        {"propertyNames": {"maxLength": 1}, "unevaluatedProperties": {"type": "number"}}
        + {"a": 1}
        - {"a": "b"}
        {"$defs": {"tree": {"properties": {"l": {"$ref": "#/$defs/tree"}}}}, "$ref": "#/$defs/tree", "properties": {"v": {}}, "unevaluatedProperties": false}
        + {"l": {"l": {"x": 1}}, "v": 2}
        - {"w": 1}
        # unevaluatedItems
        {"unevaluatedItems": false}
        + []
        + {}
        - [1]
        {"unevaluatedItems": {"type": "string"}}
        + ["a"]
        - [1]
        {"items": {"type": "string"}, "unevaluatedItems": false}
        + ["a", "b"]
        {"prefixItems": [{"type": "string"}], "unevaluatedItems": false}
        + ["a"]
        - ["a", 1]
        {"prefixItems": [{"type": "string"}], "items": true, "unevaluatedItems": false}
        + ["a", 1]
        {"prefixItems": [{"type": "string"}], "allOf": [{"prefixItems": [true, {"type": "number"}]}], "unevaluatedItems": false}
        + ["a", 1]
        - ["a", 1, true]
        {"anyOf": [{"prefixItems": [{"const": 1}]}, {"prefixItems": [true, {"const": 2}]}], "unevaluatedItems": false}
        + [1]
        + [1, 2]
        - [1, 3]
        {"contains": {"multipleOf": 2}, "unevaluatedItems": {"multipleOf": 3}}
        + [2, 3, 4, 6]
        - [2, 3, 4, 7, 8]
        {"allOf": [{"contains": {"multipleOf": 2}}, {"contains": {"multipleOf": 3}}], "unevaluatedItems": {"multipleOf": 5}}
        + [2, 3, 4, 5, 6]
        - [2, 3, 4, 7, 8]
        {"prefixItems": [true], "contains": {"type": "string"}, "unevaluatedItems": false}
        + [1, "a"]
        + ["a", "a"]
        - [1, 2]
        - [1, "a", 2]
        {"not": {"not": {"prefixItems": [true, {"const": 1}]}}, "prefixItems": [true], "unevaluatedItems": false}
        - [0, 1]
        {"if": {"prefixItems": [true, {"const": 1}]}, "then": {"prefixItems": [true, true, {"const": 2}]}, "else": {"prefixItems": [true, true, true, {"const": 4}]}, "prefixItems": [true], "unevaluatedItems": false}
        + [0, 1, 2]
        + [0, 9, 0, 4]
        - [0, 1, 2, 3]
        {"allOf": [{"items": true}], "unevaluatedItems": false}
        + [1, 2]
        {"prefixItems": [{"items": {"type": "integer"}}], "unevaluatedItems": false}
        + [[1]]
        - [[1], 2]
        {"allOf": [{"prefixItems": [true]}, {"unevaluatedItems": false}]}
        - [1]
        {"unevaluatedItems": {"type": "null"}}
        + [null]
        + {"a": 1}
        """#)
}
