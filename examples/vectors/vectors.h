// What a program needs to answer test vectors: arrays of float32 in .npy files, and the settings of a case.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace vectors {

[[noreturn]] inline void fail(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

// An array in C order; at(...) takes one index per axis.
struct Array {
  std::vector<int> shape;
  std::vector<float> data;

  explicit Array(std::vector<int> s = {}) : shape(std::move(s)) {
    size_t cells = 1;
    for (int n : shape) cells *= (size_t)n;
    data.assign(cells, 0.0f);
  }
  template <class... Index>
  float& at(Index... index) {
    size_t place = 0, axis = 0;
    ((place = place * (size_t)shape[axis++] + (size_t)index), ...);
    return data[place];
  }
};

// Version 1.0 of the format: a magic number, the length of the header, the header (a Python dict), the cells.
inline Array read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  char magic[10];
  if (!file.read(magic, 10)) fail("cannot read " + path.string());
  std::string header((size_t)((unsigned char)magic[8] | (unsigned char)magic[9] << 8), ' ');
  file.read(header.data(), (std::streamsize)header.size());
  if (header.find("'<f4'") == std::string::npos || header.find("'fortran_order': False") == std::string::npos)
    fail(path.string() + " is not float32 in C order");
  std::vector<int> shape;
  std::string sizes = header.substr(header.find('(') + 1);
  std::replace(sizes.begin(), sizes.end(), ',', ' ');
  std::istringstream numbers(sizes);
  for (int n; numbers >> n;) shape.push_back(n);
  Array a(shape);
  file.read(reinterpret_cast<char*>(a.data.data()), (std::streamsize)(a.data.size() * sizeof(float)));
  if (!file) fail(path.string() + " ends early");
  return a;
}

inline void write(const std::filesystem::path& path, const Array& a) {
  std::string shape;
  for (int n : a.shape) shape += std::to_string(n) + ",";
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + shape + "), }";
  header += std::string(63 - (10 + header.size()) % 64, ' ') + "\n";
  std::ofstream file(path, std::ios::binary);
  file << "\x93NUMPY\x01" << '\0' << (char)(header.size() & 255) << (char)(header.size() >> 8) << header;
  file.write(reinterpret_cast<const char*>(a.data.data()), (std::streamsize)(a.data.size() * sizeof(float)));
  if (!file) fail("cannot write " + path.string());
}

// settings.txt: a name and one number per axis on each line.
inline std::map<std::string, std::vector<int>> settings(const std::filesystem::path& folder) {
  std::ifstream file(folder / "settings.txt");
  std::map<std::string, std::vector<int>> found;
  for (std::string line, name; std::getline(file, line);) {
    std::istringstream words(line);
    words >> name;
    for (int n; words >> n;) found[name].push_back(n);
  }
  return found;
}

}  // namespace vectors
