package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// vulgo runs a command line and gives its exit status and what it printed.
func vulgo(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = (&cli{out: &o, err: &e}).main(t.Context(), args)
	return code, o.String(), e.String()
}

func TestWrongCommandLinesEndWithTwo(t *testing.T) {
	for line, want := range map[string]string{
		"":                                     "a command is missing",
		"fly":                                  `no command "fly"`,
		"train":                                "one task is wanted of: digits, text",
		"train poetry":                         "poetry",
		"train digits text":                    "one task is wanted",
		"train digits --epochs many":           "invalid value",
		"train digits --wings 2":               "-wings",
		"train digits --batch -1":              "must not be negative",
		"train digits --lr -1":                 "positive number",
		"train digits --lr NaN":                "positive number",
		"generate now":                         "--prompt",
		"generate --temperature -1":            "must not be negative",
		"predict":                              "give PNG files",
		"predict --index 1 a.png":              "give PNG files",
		"inspect":                              "one file is wanted",
		"devices all":                          "unexpected",
		"demo digits":                          "unexpected",
		"predict --index 99999999999999999999": "invalid value",
	} {
		code, _, errs := vulgo(t, strings.Fields(line)...)
		require.Equal(t, 2, code, "%q: %s", line, errs)
		require.Contains(t, errs, want, "%q", line)
	}
}

func TestErrorsEndWithOneAndSayWhy(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad")
	require.NoError(t, os.WriteFile(bad, []byte("no tensors here"), 0o644))
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"train", "digits", "--device", "abacus"}, `no device "abacus"; there are: cpu`},
		{[]string{"devices", "--check", "--device", "vulkan:99"}, "there are: cpu"},
		{[]string{"train", "digits", "--device", "cpu", "--data", filepath.Join(dir, "absent")}, "absent"},
		{[]string{"train", "text", "--device", "cpu", "--data", bad}, "too short"},
		{[]string{"train", "digits", "--device", "cpu", "--steps", "1", "--out", bad}, "folder for the results"},
		{[]string{"generate", "--device", "cpu", "--model", bad}, "bad"},
		{[]string{"generate", "--device", "cpu", "--model", filepath.Join(dir, "absent")}, "absent"},
		{[]string{"predict", "--device", "cpu", "--model", bad, "--index", "0"}, "bad"},
		{[]string{"predict", "--device", "cpu", bad}, "bad"},
		{[]string{"inspect", bad}, "bad"},
		{[]string{"inspect", dir}, dir},
	} {
		code, _, errs := vulgo(t, c.args...)
		require.Equal(t, 1, code, "%v: %s", c.args, errs)
		require.Contains(t, errs, c.want, "%v", c.args)
	}
}

func TestHelpIsNoError(t *testing.T) {
	code, out, _ := vulgo(t, "help")
	require.Zero(t, code)
	for _, c := range commands {
		require.Contains(t, out, "vulgo "+c.name)
	}
	code, out, _ = vulgo(t, "train", "-h")
	require.Zero(t, code)
	for _, flag := range []string{"-device", "-seed", "-epochs", "-steps", "-batch", "-lr", "-out", "-data", "-plan"} {
		require.Contains(t, out, "  "+flag)
	}
}

func TestTrainThenUseTheModel(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	require.NoError(t, os.WriteFile(text, []byte(strings.Repeat("row, row, row your boat\n", 100)), 0o644))
	code, out, errs := vulgo(t, "train", "--steps", "20", "text", "--device", "cpu", "--batch=4", "--lr", "0.01", "--data", text, "--out", dir)
	require.Zero(t, code, errs)
	for _, want := range []string{"device  cpu", "20 steps in", "test loss", "report.json"} {
		require.Contains(t, out, want)
	}
	model := filepath.Join(dir, "text.safetensors")
	code, out, errs = vulgo(t, "inspect", model)
	require.Zero(t, code, errs)
	require.Contains(t, out, `task = "text"`)
	require.Contains(t, out, "lstm.weight_hh_l0")
	require.Contains(t, out, "7 tensors")

	generate := func() string {
		code, out, errs := vulgo(t, "generate", "--device", "cpu", "--model", model, "--prompt", "row", "--length", "30", "--seed", "5")
		require.Zero(t, code, errs)
		return out
	}
	first := generate()
	require.Len(t, first, 34)
	require.Equal(t, first, generate())
	code, _, errs = vulgo(t, "predict", "--device", "cpu", "--model", model, "--index", "0")
	require.Equal(t, 1, code)
	require.Contains(t, errs, "not a model of the task digits")
}

func TestDemoComparesTheDevices(t *testing.T) {
	if testing.Short() {
		t.Skip("trains on every device")
	}
	dir := t.TempDir()
	code, out, errs := vulgo(t, "demo", "--device", "cpu", "--steps", "2", "--batch", "8", "--out", dir)
	require.Zero(t, code, errs)
	require.Contains(t, out, "test accuracy")
	if strings.Contains(out, "largest difference") {
		require.Contains(t, out, "step  ")
	} else {
		require.Contains(t, out, "no other device to compare cpu with")
	}
	code, out, errs = vulgo(t, "predict", "--device", "cpu", "--model", filepath.Join(dir, "digits.safetensors"), "--index", "3")
	require.Zero(t, code, errs)
	require.Contains(t, out, "picture 3 (a 3): ")
}

func TestPlanIsPrinted(t *testing.T) {
	code, out, errs := vulgo(t, "train", "digits", "--plan", "--device", "cpu", "--out", filepath.Join(t.TempDir(), "none"))
	require.Zero(t, code, errs)
	require.Contains(t, out, "conv2d")
}

func TestDevicesListsTheCPU(t *testing.T) {
	code, out, errs := vulgo(t, "devices")
	require.Zero(t, code, errs)
	require.Contains(t, out, "cpu: cpu")
	require.Contains(t, out, "fit        yes")
}

func TestInterruptedWorkEndsWith130(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	dir := t.TempDir()
	var out, errs bytes.Buffer
	code := (&cli{out: &out, err: &errs}).main(ctx, []string{"train", "digits", "--device", "cpu", "--batch", "4", "--out", dir})
	require.Equal(t, 130, code, errs.String())
	require.Contains(t, out.String(), "interrupted after 0 steps: the weights are saved")
	require.FileExists(t, filepath.Join(dir, "digits.safetensors"))
	require.FileExists(t, filepath.Join(dir, "report.json"))
}

func TestTheBarCountsAndForetells(t *testing.T) {
	require.Equal(t, "[###---------------------------] 10 %  11/101 steps  640 examples/s  9s left", bar(11, 101, 640, time.Second))
	require.Contains(t, bar(5, 0, 1, 0), "100 %")
	var out, errs bytes.Buffer
	s := &screen{out: &out, err: &errs, terminal: true}
	s.step(1, 10, 64)
	s.began = s.began.Add(-time.Second)
	s.shown = s.began
	s.step(2, 10, 64)
	require.Contains(t, errs.String(), "2/10 steps")
	_, err := s.Write([]byte("a line\n"))
	require.NoError(t, err)
	require.True(t, strings.HasSuffix(errs.String(), "\r\x1b[K"), "the bar is out of the way")
	require.Equal(t, "a line\n", out.String())
}
