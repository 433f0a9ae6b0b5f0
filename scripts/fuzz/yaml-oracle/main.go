// Reads YAML as kubectl and Kyverno do, to compare with. Each text on standard input is preceded by a letter and its
// length in four bytes, most significant first. Each answer is one line of JSON: {"docs": [...], "error": "..."}.
//
// The letter is the reader: k is kubectl's (apimachinery's decoder over go.yaml.in/yaml/v2), 3 is yaml.v3.
package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"go.yaml.in/yaml/v3"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
)

// Marks an integer that a double does not hold.
const exact = "\ue000"

const maxSafe = 1<<53 - 1

func plain(value any) (any, error) {
	switch v := value.(type) {
	case json.Number:
		if whole, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return plain(whole)
		}
		return strconv.ParseFloat(v.String(), 64)
	case int:
		return plain(int64(v))
	case int64:
		if v > maxSafe || v < -maxSafe {
			return exact + strconv.FormatInt(v, 10), nil
		}
		return v, nil
	case []any:
		for i := range v {
			item, err := plain(v[i])
			if err != nil {
				return nil, err
			}
			v[i] = item
		}
		return v, nil
	case map[string]any:
		for key := range v {
			item, err := plain(v[key])
			if err != nil {
				return nil, err
			}
			v[key] = item
		}
		return v, nil
	case nil, bool, string, uint64, float64:
		return v, nil
	}
	return nil, fmt.Errorf("a value of type %T", value)
}

func kubectl(text []byte) (docs []any, err error) {
	decoder := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096)
	for {
		var raw json.RawMessage
		if err := decoder.Decode(&raw); errors.Is(err, io.EOF) {
			return docs, nil
		} else if err != nil {
			return docs, err
		}
		if len(raw) == 0 {
			continue
		}
		numbers := json.NewDecoder(bytes.NewReader(raw))
		numbers.UseNumber()
		var value any
		if err := numbers.Decode(&value); err != nil {
			return docs, err
		}
		read, err := plain(value)
		if err != nil {
			return docs, err
		}
		if read != nil {
			docs = append(docs, read)
		}
	}
}

func version3(text []byte) (docs []any, err error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var value any
		if err := decoder.Decode(&value); errors.Is(err, io.EOF) {
			return docs, nil
		} else if err != nil {
			return docs, err
		}
		read, err := plain(value)
		if err != nil {
			return docs, err
		}
		if read != nil {
			docs = append(docs, read)
		}
	}
}

func answer(reader byte, text []byte) (line []byte) {
	var docs []any
	var err error
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("panic: %v", panicked)
		}
		why := ""
		if err != nil {
			why = err.Error()
		}
		var encoded error
		if line, encoded = json.Marshal(map[string]any{"docs": docs, "error": why}); encoded != nil {
			line = []byte(`{"docs":null,"error":"not JSON"}`)
		}
	}()
	if reader == '3' {
		docs, err = version3(text)
	} else {
		docs, err = kubectl(text)
	}
	return nil
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriterSize(os.Stdout, 1<<16)
	head := make([]byte, 5)
	for {
		if _, err := io.ReadFull(in, head); err != nil {
			out.Flush()
			return
		}
		text := make([]byte, binary.BigEndian.Uint32(head[1:]))
		if _, err := io.ReadFull(in, text); err != nil {
			panic(err)
		}
		out.Write(answer(head[0], text))
		out.WriteByte('\n')
		if in.Buffered() == 0 {
			out.Flush()
		}
	}
}
