"""python wasmtime-host.py ENGINE.wasm CORPUS.json DECIDED.json: what the component decides in wasmtime."""
import base64
import json
import sys

from wasmtime import Engine, Store
from wasmtime.component import Component, Linker

component, source, target = sys.argv[1:]
engine = Engine()
store = Store(engine)
instance = Linker(engine).instantiate(store, Component.from_file(engine, component))


def call(name, *given):
    function = instance.get_func(store, name)
    said = function(store, *given)
    function.post_return(store)
    if said.tag != "ok":
        raise SystemExit(said.payload)
    return said.payload


decided = []
with open(source, encoding="utf-8") as file:
    scenes = json.load(file)
for scene in scenes:
    call("load", base64.b64decode(scene["capsule"]), scene["keys"], None, None)
    decided += [call("explain", case["request"], case["now"]) for case in scene["cases"]]
with open(target, "w", encoding="utf-8") as file:
    json.dump(decided, file)
