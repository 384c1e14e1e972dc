#!/bin/sh
# Makes a Python with PyTorch and safetensors, by which a test runs examples/schnet-pytorch, once into a cache folder, and prints
# where it is. PyTorch is Debian's: root installs it when it is missing. Exits with 1 when there is none; the test is then skipped.
set -eu
folder="${TEST_CACHE_FOLDER:-$HOME/.cache/natrium}/python-torch"
python="$folder/bin/python"

if ! "$python" -c 'import torch, safetensors' 2>/dev/null; then
  if ! /usr/bin/python3 -c 'import torch' 2>/dev/null; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
      echo "scripts/python-torch.sh: install Debian's python3-torch, python3-venv and libopenblas0" >&2
      exit 1
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq >&2
    apt-get install -y -qq --no-install-recommends python3-torch python3-venv libopenblas0 >&2
  fi
  rm -rf "$folder"
  /usr/bin/python3 -m venv --system-site-packages "$folder" >&2
  "$python" -m pip install --quiet --disable-pip-version-check safetensors==0.8.0 >&2
fi
echo "$python"
